"""Actions whose modules are loaded late are there when their keys are pressed."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

from cfconsole.ui.action import Action
from cfconsole.ui.actions.key_bindings import ACTIONS, Late
from cfconsole.ui.app import AFTER_FIRST_FRAME
from cfconsole.ui.main_screen import MainScreen


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_a_late_action_names_a_function_that_is_loaded_before_keys_come(action: Action[MainScreen]) -> None:
    for late, arguments in ((action.run, 1), (action.takes, 2)):
        if isinstance(late, Late):
            module = f"cfconsole.ui.actions.{late.module}"
            assert module in AFTER_FIRST_FRAME
            function = getattr(import_module(module), late.function)
            assert len(inspect.signature(function).parameters) == arguments
