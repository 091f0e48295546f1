"""Any torch module at any layer: encoder and head, and the check that nothing goes round it."""

from invertviz.splitting._classifier import ModuleClassifier

__all__ = ["ModuleClassifier"]
