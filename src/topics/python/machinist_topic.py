"""Calls the `process` of one Python handler with the message in the file that TOPIC_MESSAGE names.

`less`, beside this file, is found because Python looks for modules where its script is.
"""

import asyncio
import importlib.util
import inspect
import json
import os
import sys
import traceback


def load(path):
    """Loads a handler by its path, as a package, so that it can import what lies beside it in both ways."""
    folder = os.path.dirname(path)
    sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(
        "machinist_handler", path, submodule_search_locations=[folder]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def call(path):
    with open(os.environ["TOPIC_MESSAGE"], encoding="utf-8") as file:
        message = json.load(file)
    process = getattr(load(path), "process", None)
    if not callable(process):
        raise TypeError(f"{path} has no function named process")
    outcome = process(message)
    if inspect.iscoroutine(outcome):
        asyncio.run(outcome)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    try:
        call(sys.argv[1])
    except SystemExit as end:
        # A handler is done when it returns, not when it ends the process.
        print(f"SystemExit: {end}", file=sys.stderr)
        sys.exit(1)
    except BaseException:
        traceback.print_exc()
        sys.exit(1)
