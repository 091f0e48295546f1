"""Fields for numbers that a person types and Python sets: which of the two they show."""

from __future__ import annotations

from _common import wait_until


def assert_has_the_focus(field):
    assert field.evaluate("input => input === document.activeElement")


def keys(field, *pressed):
    """Press keys in a field, as a person who has clicked into it."""
    field.focus()
    for key in pressed:
        field.page.keyboard.press(key)


def retype(field, text, *pressed):
    """Type over what a field holds."""
    keys(field, "ControlOrMeta+a", "Delete", *text, *pressed)


def shown(*fields):
    return [field.input_value() for field in fields]


def test_a_unit_that_python_sets_after_a_typed_one_stays(sliders):
    lab, number = sliders.lab, sliders.part("unit-number")
    lab.execute("seen = []; sliders.observe(lambda c: seen.append(c['new']), 'unit')")
    retype(number, "8", "Enter")
    sliders.settle()
    assert lab.python("sliders.unit") == 8
    lab.execute("sliders.unit = 55")
    wait_until(lambda: shown(number) == ["55"], "the field to follow Python")
    assert_has_the_focus(number)
    sliders.press("Tab")
    assert lab.python("seen") == [8, 55]
    # What is being typed stays, and is not yet chosen; nothing is none.
    retype(number, "12")
    lab.execute("sliders.unit = 30")
    sliders.root.get_by_role("slider", name="Value of unit 30").wait_for()
    assert shown(number) == ["12"]
    sliders.press("Tab")
    assert lab.python("seen") == [8, 55, 30, 12]
    retype(number, "")
    lab.execute("sliders.unit = 41")
    sliders.root.get_by_role("slider", name="Value of unit 41").wait_for()
    sliders.press("Tab")
    assert shown(number) == ["41"]
    retype(number, "400", "Enter")
    sliders.settle()
    assert shown(number) == ["99"]
    assert lab.python("seen") == [8, 55, 30, 12, 41, 99]


def test_an_example_that_python_sets_after_a_typed_one_stays(sliders):
    lab, number = sliders.lab, sliders.part("base-example")
    retype(number, "3", "Enter")
    sliders.settle()
    lab.execute("sliders.base = sliders.example_codes[7]")
    wait_until(lambda: shown(number) == ["7"], "the field to follow Python")
    sliders.press("Tab")
    assert lab.python("bool((sliders.base == sliders.example_codes[7]).all())")
    retype(number, "5")
    lab.execute("sliders.base = sliders.example_codes[9]; sliders.unit = 30")
    sliders.root.get_by_role("slider", name="Value of unit 30").wait_for()
    assert shown(number) == ["5"]
    sliders.press("Tab")
    assert lab.python("bool((sliders.base == sliders.example_codes[5]).all())")


def test_settings_that_python_sets_after_typed_ones_stay(picker):
    lab, keyboard, steps = picker.lab, picker.page.keyboard, picker.part("steps")
    keys(steps, "ArrowUp")
    assert lab.wait_python("picker.steps == 1001")
    lab.execute("picker.steps = 700")
    wait_until(lambda: shown(steps) == ["700"], "the field to follow Python")
    assert_has_the_focus(steps)
    keyboard.press("Tab")
    assert shown(steps) == ["700"]
    assert lab.python("picker.steps") == 700
    # A run's frames and Python's other settings leave what is being typed.
    retype(steps, "25")
    lab.execute("picker.steps, picker.samples = 300, 3")
    wait_until(lambda: shown(picker.part("samples")) == ["3"], "the page to follow Python")
    assert shown(steps) == ["25"]
    keyboard.press("Tab")
    assert lab.wait_python("picker.steps == 25")


def test_shares_that_python_sets_after_typed_ones_stay(picker):
    lab, keyboard = picker.lab, picker.page.keyboard
    lab.execute("picker.classes = {3: 0.6, 8: 0.4}")
    shares = [picker.part("weight").nth(i) for i in (0, 1)]
    keys(shares[0], "ArrowUp")
    assert lab.wait_python("round(picker.classes.get(3, 0), 9) == 0.61")
    assert shown(*shares) == ["61", "39"]
    lab.execute("picker.classes = {3: 0.2, 8: 0.8}")
    wait_until(lambda: shown(*shares) == ["20", "80"], "the shares to follow Python")
    assert_has_the_focus(shares[0])
    keyboard.press("Tab")
    assert lab.python("picker.classes") == {"3": 0.2, "8": 0.8}
    # What is only looked at is not chosen: 33.3 % is not a third.
    lab.execute("picker.classes = {3: 1, 8: 2}")
    wait_until(lambda: shown(*shares) == ["33.3", "66.7"], "the shares to follow Python")
    keys(shares[0], "Enter", "Tab", "Tab")
    assert lab.python("picker.classes == {3: 1 / 3, 8: 2 / 3}")
    # A share whose class Python takes out while it is typed is nobody's.
    retype(shares[0], "70")
    lab.execute("picker.classes = {1: 0.25, 8: 0.75}")
    wait_until(lambda: shown(*shares) == ["25", "75"], "the other classes' shares")
    retype(shares[1], "50", "Enter")
    assert lab.wait_python("picker.classes == {1: 0.5, 8: 0.5}", 5)
    retype(shares[1], "90")
    lab.execute("picker.classes = [8]")
    shares[1].wait_for(state="hidden")
    assert lab.python("list(picker.classes)") == [8]
    assert lab.console_errors == []


def test_enter_chooses_what_was_typed(picker):
    lab = picker.lab
    lab.execute("picker.classes, picker.start, picker.samples = {3: 0.6, 8: 0.4}, 'digit', 2")
    picker.part("digit").wait_for()
    fields = {
        "steps": ("250", "picker.steps == 250"),
        "rate": ("0.5", "picker.learning_rate == 0.5"),
        "samples": ("4", "picker.samples == 4"),
        "seed": ("11", "picker.seed == 11"),
        "digit": ("12", "picker.digit == 12"),
        "weight": ("70.5", "round(picker.classes[3], 9) == 0.705"),
    }
    for part, (text, heard) in fields.items():
        field = picker.part(part).first
        retype(field, text, "Enter")
        assert lab.wait_python(heard, 5), part
        assert_has_the_focus(field)
    retype(picker.part("steps"), "90000", "Enter")
    assert shown(picker.part("steps")) == ["20000"]
    assert lab.wait_python("picker.steps == 20000")
