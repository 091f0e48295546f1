"""Tiny odd modules: what people bring. Every method is tried on all of them.

Each entry is a function that returns a module; `ZOO` has them by name, with the images that they
take. `REFUSED` has those that no network can be made of, and a part of what is said of them.
"""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

GREY = (12, 12)
COLOUR = (3, 16, 16)


@dataclass(frozen=True)
class Animal:
    """A module of the zoo.

    Attributes:
        name: the function's.
        make: that function.
        image_shape: of the images that it takes.
        options: what has to be said of it: outputs, member.
        last: the name of the last vector before the classes.
        classes: how many it tells apart.
        unusable: some of the layers that cannot be cut at, and a part of the reason.
        flat: whether it takes `[N, pixels]`.
        kind: what its outputs are.
    """

    name: str
    make: Callable[[], nn.Module]
    image_shape: tuple[int, ...]
    last: str
    classes: int
    options: dict[str, Any] = field(default_factory=dict)
    unusable: dict[str, str] = field(default_factory=dict)
    flat: bool = False
    kind: str = "logits"

    def module(self) -> nn.Module:
        """The module, the same each time, in training mode, with statistics of its own."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(3)
            module = self.make()
            for part in module.modules():
                mean, variance = (getattr(part, f"running_{k}", None) for k in ("mean", "var"))
                if isinstance(mean, Tensor):
                    mean.normal_(0, 0.1)
                if isinstance(variance, Tensor):
                    variance.uniform_(0.5, 1.5)
        return module


ZOO: dict[str, Animal] = {}
REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {}


def _animal(
    image_shape: tuple[int, ...],
    last: str,
    classes: int = 10,
    unusable: dict[str, str] | None = None,
    flat: bool = False,
    kind: str = "logits",
    **options: Any,
) -> Callable[[Callable[[], nn.Module]], Callable[[], nn.Module]]:
    def add(make: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
        name = make.__name__
        ZOO[name] = Animal(
            name, make, image_shape, last, classes, options, unusable or {}, flat, kind
        )
        return make

    return add


def _refused(words: str) -> Callable[[Callable[[], nn.Module]], Callable[[], nn.Module]]:
    def add(make: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
        REFUSED[make.__name__] = make, words
        return make

    return add


class Does(nn.Module):
    """A module of some parts, and a function of the parts and the images."""

    def __init__(self, forward: Callable[[Any, Tensor], Any], **parts: Any) -> None:
        super().__init__()
        self._forward = forward
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Tensor) -> Any:
        return self._forward(self, x)


def _conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


# Plain ones


@_animal(GREY, "2", flat=True)
def article() -> nn.Module:
    return nn.Sequential(
        nn.Linear(144, 20), nn.Sigmoid(), nn.Linear(20, 16), nn.Sigmoid(), nn.Linear(16, 10)
    )


@_animal(GREY, "3")
def flattened() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(144, 20), nn.ReLU(), nn.Linear(20, 12), nn.Tanh(), nn.Linear(12, 10)
    )


@_animal(GREY, "1", classes=7)
def softmax_regression() -> nn.Module:
    return nn.Sequential(
        OrderedDict([("0", nn.Identity()), ("1", nn.Flatten()), ("2", nn.Linear(144, 7))])
    )


@_animal(GREY, "classifier.0")
def lenet() -> nn.Module:
    features = nn.Sequential(
        nn.Conv2d(1, 4, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3), nn.ReLU(), nn.MaxPool2d(2),
    )  # fmt: skip
    classifier = nn.Sequential(nn.Linear(24, 14), nn.ReLU(), nn.Dropout(0.5), nn.Linear(14, 10))
    return Does(
        lambda s, x: s.classifier(s.features(x).view(x.size(0), -1)),
        features=features,
        classifier=classifier,
    )


@_animal((1, *GREY), "fc1", kind="log_probabilities")
def functional_lenet() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(s.conv1(x), inplace=True), 2)
        x = F.max_pool2d(F.relu_(s.conv2(x)), 2)
        x = F.dropout(F.relu(s.fc1(torch.flatten(x, 1))), training=s.training)
        return F.log_softmax(s.fc2(x), dim=1)

    return Does(
        forward, conv1=nn.Conv2d(1, 4, 3, padding=1), conv2=nn.Conv2d(4, 6, 3, padding=1),
        fc1=nn.Linear(54, 12), fc2=nn.Linear(12, 10),
    )  # fmt: skip


@_animal(COLOUR, "classifier.3", classes=100)
def vgg() -> nn.Module:
    features = nn.Sequential(
        *_conv(3, 6), nn.MaxPool2d(2), *_conv(6, 8), nn.MaxPool2d(2), *_conv(8, 8), nn.MaxPool2d(2)
    )
    classifier = nn.Sequential(
        nn.Linear(32, 24), nn.ReLU(True), nn.Dropout(), nn.Linear(24, 20), nn.ReLU(True),
        nn.Dropout(), nn.Linear(20, 100),
    )  # fmt: skip
    return Does(
        lambda s, x: s.classifier(torch.flatten(s.avgpool(s.features(x)), 1)),
        features=features, avgpool=nn.AdaptiveAvgPool2d(2), classifier=classifier,
    )  # fmt: skip


class BasicBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


@_animal(
    COLOUR,
    "avgpool",
    unusable={
        "layer1.0.conv1": "layer1.0 adds",
        "layer2.0.downsample.0": "layer2.0 adds",
        "layer1.0.relu": "called 2 times",
    },
)
def resnet() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        x = s.maxpool(s.relu(s.bn1(s.conv1(x))))
        return s.fc(torch.flatten(s.avgpool(s.layer2(s.layer1(x))), 1))

    return Does(
        forward, conv1=nn.Conv2d(3, 6, 3, 1, 1, bias=False), bn1=nn.BatchNorm2d(6),
        relu=nn.ReLU(inplace=True), maxpool=nn.MaxPool2d(3, 2, 1),
        layer1=nn.Sequential(BasicBlock(6, 6, 1)), layer2=nn.Sequential(BasicBlock(6, 12, 2)),
        avgpool=nn.AdaptiveAvgPool2d(1), fc=nn.Linear(12, 10),
    )  # fmt: skip


@_animal(COLOUR, "flatten", unusable={"block.0": "the module's own forward adds"})
def preactivation_resnet() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        x = s.stem(x)
        x = x + s.block(x)
        return s.fc(s.flatten(s.norm(x).relu().mean((2, 3), keepdim=True)))

    block = nn.Sequential(nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 6, 3, padding=1))
    return Does(
        forward, stem=nn.Conv2d(3, 6, 3, 2), block=block, norm=nn.BatchNorm2d(6),
        flatten=nn.Flatten(), fc=nn.Linear(6, 10),
    )  # fmt: skip


class SqueezeExcite(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(width, 4, 1), nn.Conv2d(4, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        scale = F.adaptive_avg_pool2d(x, 1)
        return F.hardsigmoid(self.fc2(F.relu(self.fc1(scale)))) * x


@_animal(COLOUR, "classifier.0", unusable={"block.3.fc1": "block.3 multiplies by"})
def mobilenet() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        x = s.stem(x)
        x = x + s.block(x)
        return s.classifier(s.pool(x).flatten(1))

    block = nn.Sequential(
        nn.Conv2d(8, 16, 1), nn.Hardswish(), nn.Conv2d(16, 16, 3, padding=1, groups=16),
        SqueezeExcite(16), nn.Conv2d(16, 8, 1), nn.BatchNorm2d(8),
    )  # fmt: skip
    return Does(
        forward, stem=nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.Hardswish(inplace=True)),
        block=block, pool=nn.AdaptiveAvgPool2d(1),
        classifier=nn.Sequential(
            nn.Linear(8, 12), nn.Hardswish(inplace=True), nn.Dropout(0.2, inplace=True),
            nn.Linear(12, 10),
        ),
    )  # fmt: skip


class ConvNextBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.norm = nn.LayerNorm(width)
        self.wide, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.gamma = nn.Parameter(torch.full((width,), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.gamma * self.narrow(F.gelu(self.wide(y)))
        return x + y.permute(0, 3, 1, 2)


@_animal(COLOUR, "norm", unusable={"block.depthwise": "block adds"})
def convnext() -> nn.Module:
    return Does(
        lambda s, x: s.head(s.norm(s.block(s.stem(x)).mean((-2, -1)))),
        stem=nn.Conv2d(3, 8, 4, 4), block=ConvNextBlock(8), norm=nn.LayerNorm(8),
        head=nn.Linear(8, 10),
    )  # fmt: skip


class Inception(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.one, self.three = nn.Conv2d(width, 4, 1), nn.Conv2d(width, 4, 3, padding=1)
        self.pooled = nn.Sequential(nn.AvgPool2d(3, 1, 1), nn.Conv2d(width, 4, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.one(x), self.three(x), self.pooled(x)], 1)


@_animal(COLOUR, "dropout", unusable={"mixed.one": "mixed joins"})
def inception() -> nn.Module:
    return Does(
        lambda s, x: s.fc(s.dropout(s.pool(s.mixed(s.stem(x))).squeeze(-1).squeeze(-1))),
        stem=nn.Conv2d(3, 6, 3, 2), mixed=Inception(6), pool=nn.AdaptiveAvgPool2d(1),
        dropout=nn.Dropout(), fc=nn.Linear(12, 10),
    )  # fmt: skip


@_animal(COLOUR, "features", unusable={"layers.0": "own forward joins"})
def densenet() -> nn.Module:
    class Dense(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Conv2d(3, 4, 3, 2)
            self.layers = nn.ModuleList(nn.Conv2d(4 + 3 * i, 3, 3, padding=1) for i in range(3))
            self.features = nn.BatchNorm2d(13)
            self.fc = nn.Linear(13, 10)

        def forward(self, x: Tensor) -> Tensor:
            x = self.stem(x)
            for layer in self.layers:
                x = torch.cat([x, F.relu(layer(x))], 1)
            return self.fc(F.relu(self.features(x), inplace=True).mean([2, 3]))

    return Dense()


class OwnAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.qkv, self.proj = (
            heads,
            nn.Linear(width, 3 * width),
            nn.Linear(width, width),
        )

    def forward(self, x: Tensor) -> Tensor:
        n, t, d = x.shape
        q, k, v = self.qkv(x).reshape(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        attention = (q @ k.transpose(-2, -1) * (d // self.heads) ** -0.5).softmax(-1)
        return self.proj((attention @ v).transpose(1, 2).reshape(n, t, d))


class ScaledAttention(OwnAttention):
    def forward(self, x: Tensor) -> Tensor:
        n, t, d = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, t, d))


class TorchAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(x, x, x, need_weights=False)[0]


class Transformer(nn.Module):
    def __init__(self, attention: type[nn.Module], pooled: bool) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.places = nn.Parameter(torch.randn(1, 17, 8) * 0.1)
        self.norm1, self.attn, self.norm2 = nn.LayerNorm(8), attention(8, 2), nn.LayerNorm(8)
        self.mlp = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Dropout(0.1), nn.Linear(16, 8))
        self.block = nn.Identity()
        self.norm, self.pooled, self.head = nn.LayerNorm(8), pooled, nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        x = x + self.attn(self.norm1(x))
        x = self.block(x + self.mlp(self.norm2(x)))
        return self.head(self.norm(x.mean(1)) if self.pooled else self.norm(x)[:, 0])


@_animal(COLOUR, "norm", unusable={"mlp.0": "the module's own forward adds"})
def vit() -> nn.Module:
    return Transformer(OwnAttention, pooled=False)


@_animal(COLOUR, "norm", unusable={"attn.qkv": "adds"})
def vit_pooled() -> nn.Module:
    return Transformer(ScaledAttention, pooled=True)


@_animal(COLOUR, "norm", unusable={"attn.attention": "returns tuple"})
def vit_multihead() -> nn.Module:
    return Transformer(TorchAttention, pooled=True)


@_animal(COLOUR, "norm", unusable={"encoder.layers.0.self_attn": "returns tuple"})
def torch_encoder() -> nn.Module:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    return Does(
        lambda s, x: s.head(s.norm(s.encoder(s.embed(x).flatten(2).transpose(1, 2)).mean(1))),
        embed=nn.Conv2d(3, 8, 4, 4), norm=nn.LayerNorm(8), head=nn.Linear(8, 10),
        encoder=nn.TransformerEncoder(layer, 2, enable_nested_tensor=False),
    )  # fmt: skip


@_animal(COLOUR, "embed", unusable={"encoder": "first axis"})
def time_first_transformer() -> nn.Module:
    layer = nn.TransformerEncoderLayer(8, 2, 16)
    return Does(
        lambda s, x: s.head(s.encoder(s.embed(x).flatten(2).permute(2, 0, 1)).mean(0)),
        embed=nn.Conv2d(3, 8, 4, 4), head=nn.Linear(8, 10),
        encoder=nn.TransformerEncoder(layer, 1, enable_nested_tensor=False),
    )  # fmt: skip


@_animal(COLOUR, "bottom", unusable={"down": "joins"})
def u_net() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        x = s.stem(x)
        y = s.up(s.down(x))
        return s.fc(s.bottom(torch.cat([x, y], 1)).mean((2, 3)))

    return Does(
        forward, stem=nn.Conv2d(3, 4, 3, padding=1), down=nn.Conv2d(4, 6, 2, 2),
        up=nn.ConvTranspose2d(6, 4, 2, 2), bottom=nn.Conv2d(8, 6, 3), fc=nn.Linear(6, 10),
    )  # fmt: skip


# Shared, repeated, hidden and idle parts


@_animal(GREY, "join", unusable={"tower": "called 2 times"})
def siamese() -> nn.Module:
    return Does(
        lambda s, x: s.fc(s.join(torch.cat([s.tower(x), s.tower(x.flip(-1))], 1))),
        tower=nn.Sequential(nn.Flatten(), nn.Linear(144, 8)), join=nn.Linear(16, 8),
        fc=nn.Linear(8, 10),
    )  # fmt: skip


@_animal(GREY, "first", unusable={"again": "called 3 times", "act": "called 4 times"})
def recurrent_by_hand() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        x = s.act(s.first(x.flatten(1)))
        for _ in range(3):
            x = s.act(s.again(x))
        return s.fc(x)

    return Does(
        forward, first=nn.Linear(144, 12), again=nn.Linear(12, 12), act=nn.Tanh(),
        fc=nn.Linear(12, 10),
    )  # fmt: skip


@_animal(GREY, "hidden")
def tied_names() -> nn.Module:
    hidden = nn.Linear(144, 12)
    return Does(
        lambda s, x: s.fc(s.alias(x.flatten(1)).relu()),
        hidden=hidden, alias=hidden, fc=nn.Linear(12, 10),
    )  # fmt: skip


@_animal(GREY, "body", unusable={"idle": "not called", "side": "do not depend on it"})
def idle_parts() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        x = s.body(x.flatten(1))
        s.side(x)
        return s.fc(x)

    return Does(
        forward, body=nn.Linear(144, 12), side=nn.Linear(12, 2), idle=nn.Linear(3, 3),
        fc=nn.Linear(12, 10),
    )  # fmt: skip


@_animal(GREY, "body", unusable={"bias": "does not depend on the image"})
def constant_part() -> nn.Module:
    return Does(
        lambda s, x: s.fc(s.body(x.flatten(1)) + s.bias(x.new_ones(x.size(0), 1))),
        body=nn.Linear(144, 12), bias=nn.Linear(1, 12), fc=nn.Linear(12, 10),
    )  # fmt: skip


@_animal(GREY, "hidden")
def ignored_result() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        x = s.hidden(x.flatten(1))
        s.act(x)  # in place: what it returns is x itself
        return s.fc(x)

    return Does(forward, hidden=nn.Linear(144, 12), act=nn.ReLU(inplace=True), fc=nn.Linear(12, 10))


@_animal(GREY, "hidden")
def written_through_a_view() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        x = s.hidden(x.flatten(1))
        x[:, :4].mul_(2)
        x[:, 4:] *= 0.5
        return s.fc(x)

    return Does(forward, hidden=nn.Linear(144, 12), fc=nn.Linear(12, 10))


@_animal(GREY, "inner.0")
def unregistered_part() -> nn.Module:
    return Does(
        lambda s, x: s.fc(s.inner(s.hidden[0](x.flatten(1)))),
        hidden=[nn.Linear(144, 9)], fc=nn.Linear(12, 10),
        inner=nn.Sequential(nn.Linear(9, 12), nn.Dropout(), nn.ELU()),
    )  # fmt: skip


@_animal(GREY, "0", flat=True)
def weight_normed() -> nn.Module:
    return nn.Sequential(
        nn.utils.parametrizations.weight_norm(nn.Linear(144, 12)), nn.Tanh(),
        nn.utils.parametrizations.spectral_norm(nn.Linear(12, 10)),
    )  # fmt: skip


@_animal(GREY, "hidden")
def standardizes_each_image() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        x = x.flatten(1)
        return s.fc(s.hidden((x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True)).exp())

    return Does(forward, hidden=nn.Linear(144, 8), fc=nn.Linear(8, 10))


@_animal(GREY, "hidden")
def functional_only() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        x = s.hidden(F.linear(x.flatten(1), s.w1))
        return F.linear(F.silu(x), s.w2)

    return Does(
        forward, w1=nn.Parameter(torch.randn(12, 144) * 0.1), hidden=nn.BatchNorm1d(12),
        w2=nn.Parameter(torch.randn(10, 12)),
    )  # fmt: skip


@_animal(GREY, "pool")
def without_parameters() -> nn.Module:
    return Does(
        lambda s, x: s.pool(s.act(x * 4 - 2)).flatten(1),
        act=nn.Tanh(), pool=nn.AdaptiveAvgPool2d((2, 5)),
    )  # fmt: skip


# Norms and sequences


@_animal(GREY, "4")
def batch_norm_1d() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(144, 20), nn.BatchNorm1d(20), nn.Linear(20, 12), nn.BatchNorm1d(12),
        nn.ReLU(inplace=True), nn.Linear(12, 10),
    )  # fmt: skip


@_animal(COLOUR, "7")
def group_and_instance_norm() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2), nn.GroupNorm(2, 8), nn.GELU(), nn.Conv2d(8, 6, 3, 2),
        nn.InstanceNorm2d(6, affine=True), nn.PReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(),
        nn.Linear(6, 10),
    )  # fmt: skip


@_animal(COLOUR, "flat")
def global_pooled() -> nn.Module:
    return Does(
        lambda s, x: s.classifier(s.flat(s.stem(x).mean((2, 3)))).flatten(1),
        stem=_conv(3, 8, 2), flat=nn.Unflatten(1, (8, 1, 1)), classifier=nn.Conv2d(8, 10, 1),
    )  # fmt: skip


@_animal(GREY, "squash", unusable={"lstm": "returns tuple"})
def lstm_over_rows() -> nn.Module:
    return Does(
        lambda s, x: s.fc(s.squash(s.lstm(s.rows(x.squeeze(1)))[0][:, -1])),
        rows=nn.Linear(12, 8), lstm=nn.LSTM(8, 6, batch_first=True), squash=nn.Linear(6, 7),
        fc=nn.Linear(7, 10),
    )  # fmt: skip


@_animal(GREY, "fc0")
def conv_1d() -> nn.Module:
    return Does(
        lambda s, x: s.fc(torch.relu(s.fc0(s.conv(x.squeeze(1)).amax(-1)))),
        conv=nn.Conv1d(12, 8, 3), fc0=nn.Linear(8, 7), fc=nn.Linear(7, 10),
    )  # fmt: skip


@_animal(COLOUR, "mixed", unusable={"windowed": "first axis"})
def windows() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        n = x.shape[0]
        x = x.reshape(n, 3, 2, 8, 2, 8).permute(0, 2, 4, 1, 3, 5).reshape(n * 4, -1)
        return s.fc(s.mixed(s.windowed(x).reshape(n, 4 * 5)).relu())

    return Does(forward, windowed=nn.Linear(192, 5), mixed=nn.Linear(20, 12), fc=nn.Linear(12, 10))


@_animal(GREY, "", unusable={"indices": "int64", "codes": "own forward adds"})
def integers_inside() -> nn.Module:
    return Does(
        lambda s, x: s.fc(s.codes(x.flatten(1)) + s.table(s.indices(x.flatten(1))).sum(1) * 0),
        codes=nn.Linear(144, 12), table=nn.Embedding(4, 12), fc=nn.Linear(12, 10),
        indices=Does(lambda s, x: x[:, :3].round().long()),
    )  # fmt: skip


@_animal(GREY, "late")
def shapes_of_early_tensors() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        early = s.early(x.flatten(1))
        late = s.late(early.tanh())
        state = x.new_zeros(x.shape[0], 12) + torch.ones_like(early)[:, :12]
        return s.fc(late + state + torch.arange(12, device=x.device))

    return Does(forward, early=nn.Linear(144, 16), late=nn.Linear(16, 12), fc=nn.Linear(12, 10))


# What they give


@_animal(GREY, "1", classes=2)
def one_logit() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(144, 8), nn.ReLU(), nn.Linear(8, 1))


@_animal(GREY, "hidden", classes=2)
def one_logit_squeezed() -> nn.Module:
    return Does(
        lambda s, x: s.fc(s.hidden(x.flatten(1)).relu()).squeeze(),
        hidden=nn.Linear(144, 8), fc=nn.Linear(8, 1),
    )  # fmt: skip


@_animal(GREY, "1", classes=2, kind="probabilities")
def one_probability() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(144, 8), nn.Linear(8, 1), nn.Sigmoid())


@_animal(GREY, "1", kind="probabilities")
def probabilities() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(144, 8), nn.Linear(8, 10), nn.Softmax(1))


@_animal(GREY, "1", kind="log_probabilities")
def log_probabilities() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(144, 8), nn.Linear(8, 10), nn.LogSoftmax(-1))


@_animal(GREY, "", member=0, unusable={"hidden": "called 2 times"})
def two_outputs() -> nn.Module:
    return Does(
        lambda s, x: (s.fc(s.hidden(x.flatten(1))), s.hidden(x.flatten(1))),
        hidden=nn.Linear(144, 8), fc=nn.Linear(8, 10),
    )  # fmt: skip


@_animal(COLOUR, "pool")
def scores_and_maps() -> nn.Module:
    def forward(s: Any, x: Tensor) -> dict[str, Tensor]:
        maps = s.stem(x)
        return {"maps": maps, "out": s.fc(s.pool(maps).flatten(1))}

    return Does(
        forward, stem=nn.Conv2d(3, 6, 3, 2), pool=nn.AdaptiveAvgPool2d(1), fc=nn.Linear(6, 10)
    )


@_animal(GREY, "hidden")
def named_logits() -> nn.Module:
    Output = namedtuple("Output", ["loss", "logits", "hidden_states"])

    def forward(s: Any, x: Tensor) -> Any:
        hidden = s.hidden(x.flatten(1))
        return Output(None, s.fc(hidden), (hidden,))

    return Does(forward, hidden=nn.Linear(144, 8), fc=nn.Linear(8, 10))


@_animal(COLOUR, "fc0", classes=1000)
def thousand_classes() -> nn.Module:
    return Does(
        lambda s, x: s.fc(F.relu(s.fc0(s.stem(x).flatten(1)))),
        stem=nn.Conv2d(3, 4, 4, 4), fc0=nn.Linear(64, 12), fc=nn.Linear(12, 1000),
    )  # fmt: skip


# What has no graph


@_animal(GREY, "hidden")
def course_by_the_code() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        x = s.hidden(x.flatten(1))
        return s.fc(x.tanh() if float(x.mean()) > 5 else x.relu())

    return Does(forward, hidden=nn.Linear(144, 8), fc=nn.Linear(8, 10))


@_animal(GREY, "late", unusable={"early": "another way"})
def course_by_the_image() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        bright = [bool(image.mean() > 0.6) for image in x]
        x = s.early(x.flatten(1))
        return s.fc(s.late(torch.stack([-a if b else a for a, b in zip(x, bright, strict=True)])))

    return Does(forward, early=nn.Linear(144, 8), late=nn.Linear(8, 8), fc=nn.Linear(8, 10))


@_animal(GREY, "hidden")
def through_numpy() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        scale = float(x.detach().numpy().shape[1])
        return s.fc(s.hidden(x.flatten(1)) * scale)

    return Does(forward, hidden=nn.Linear(144, 8), fc=nn.Linear(8, 10))


@_animal(
    COLOUR,
    "fc0",
    unusable={"block.conv1": "goes round", "block.relu": "called 2 times", "aside": "goes round"},
)
def hooked_resnet() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        x = F.relu(s.stem(x), inplace=True)
        x = s.block(x)
        assert float(x.sum()) > -1e9
        return s.fc(F.relu_(s.fc0(s.pool(x).flatten(1) + s.aside(x).mean((2, 3)))))

    return Does(
        forward, stem=nn.Conv2d(3, 6, 3, 2), block=BasicBlock(6, 6, 1), aside=nn.Conv2d(6, 6, 1),
        pool=nn.AdaptiveAvgPool2d(1), fc0=nn.Linear(6, 7), fc=nn.Linear(7, 10),
    )  # fmt: skip


class Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.sign()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient  # straight through


@_animal(GREY, "hidden")
def gradient_of_its_own() -> nn.Module:
    return Does(
        lambda s, x: s.fc(Sign.apply(s.hidden(x.flatten(1)))),
        hidden=nn.Linear(144, 8), fc=nn.Linear(8, 10),
    )  # fmt: skip


@_animal(COLOUR, "pool")
def without_gradient_inside() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        with torch.no_grad():
            x = s.stem(x)
        return s.fc(s.pool(x).flatten(1))

    return Does(forward, stem=_conv(3, 6), pool=nn.AdaptiveAvgPool2d(1), fc=nn.Linear(6, 10))


# What cannot be


@_refused("2 (BatchNorm1d) mixes the images of a batch")
def mixes_by_batch_norm() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(144, 8), nn.BatchNorm1d(8, track_running_stats=False),
        nn.Linear(8, 10),
    )  # fmt: skip


@_refused("0 (BatchNorm2d) mixes the images of a batch")
def mixes_by_batch_norm_2d() -> nn.Module:
    return nn.Sequential(
        nn.BatchNorm2d(1, track_running_stats=False), nn.Flatten(), nn.Linear(144, 10)
    )


@_refused("mixes the images of a batch")
def mixes_by_mean() -> nn.Module:
    return Does(lambda s, x: s.fc(x.flatten(1) - x.flatten(1).mean(0)), fc=nn.Linear(144, 10))


@_refused("by chance")
def drops_always() -> nn.Module:
    return Does(lambda s, x: s.fc(F.dropout(x.flatten(1), 0.5)), fc=nn.Linear(144, 10))


@_refused("by chance")
def drops_out_of_reach_of_eval() -> nn.Module:
    return Does(
        lambda s, x: s.fc(s.drop[0](x.flatten(1))), drop=[nn.Dropout()], fc=nn.Linear(144, 10)
    )


@_refused("by chance")
def counts_calls() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        s.calls += 1
        return s.fc(x.flatten(1)) * s.calls

    module = Does(forward, fc=nn.Linear(144, 10))
    module.register_buffer("calls", torch.zeros(()))
    return module


@_refused("wrap it in a module")
def needs_a_mask() -> nn.Module:
    class Masked(nn.Module):
        def forward(self, x: Tensor, mask: Tensor) -> Tensor:
            return (x * mask).flatten(1)

    return Masked()


@_refused("first batch")
def lazy() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(10))


@_refused("meta device")
def on_meta() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(144, 10, device="meta"))


@_refused("member=")
def says_not_which() -> nn.Module:
    return Does(
        lambda s, x: (s.a(x.flatten(1)), s.b(x.flatten(1))),
        a=nn.Linear(144, 10),
        b=nn.Linear(144, 4),
    )


@_refused("class scores are floats")
def segments() -> nn.Module:
    return nn.Conv2d(1, 4, 3)


@_refused("Tried")
def wants_another_size() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(100, 10))


@_refused("not finite")
def gives_nan() -> nn.Module:
    return Does(lambda s, x: s.fc(x.flatten(1)).sub(100).sqrt(), fc=nn.Linear(144, 10))


@_refused("a logit or a probability")
def says_not_what() -> nn.Module:
    return Does(lambda s, x: 0.5 + 0.5 * torch.tanh(s.fc(x.flatten(1))), fc=nn.Linear(144, 1))


@_refused("ends in a sigmoid for each")
def many_sigmoids() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(144, 5), nn.Sigmoid())


@_refused("one image alone")
def needs_two_images() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        if len(x) < 2:
            raise RuntimeError("two at least")
        return s.fc(x.flatten(1))

    return Does(forward, fc=nn.Linear(144, 10))


@_refused("changes its calls")
def counts_without_a_graph() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        s.calls += 1
        assert float(s.calls) > 0
        return s.fc(s.hidden(x.flatten(1)))

    module = Does(forward, hidden=nn.Linear(144, 8), fc=nn.Linear(8, 10))
    module.register_buffer("calls", torch.zeros(()))
    return module


@_refused("changes its hidden.weight")
def weights_held_to_a_norm() -> nn.Module:
    def forward(s: Any, x: Tensor) -> Tensor:
        s.hidden.weight.data = torch.renorm(s.hidden.weight.data, 2, 0, 0.3)
        with torch.no_grad():
            s.fc.weight.clamp_(-0.2, 0.2)
        return s.fc(s.hidden(x.flatten(1)))

    return Does(forward, hidden=nn.Linear(144, 8), fc=nn.Linear(8, 10))
