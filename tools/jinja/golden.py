"""Makes the golden files of libs/jinja with jinja2, in the environment that transformers gives to chat templates:
  python3 -m venv /tmp/jinja && /tmp/jinja/bin/pip install -r tools/jinja/requirements.txt
  /tmp/jinja/bin/python tools/jinja/golden.py
constructs.json: small templates, one construct each. templates.json: whole chat templates on conversations."""

import importlib.metadata
import json
from datetime import datetime
from pathlib import Path

from transformers.utils.chat_template_utils import _cached_compile_jinja_template

from constructs import CONTEXT, constructs
from conversations import CONVERSATIONS

HERE = Path(__file__).parent
GOLDEN = HERE.parent.parent / "libs" / "jinja" / "golden"
NOW = datetime(2025, 3, 9, 8, 5, 7)
VERSIONS = {name: importlib.metadata.version(name) for name in ("jinja2", "transformers")}

# Any template opens the environment; the clock stands still.
ENVIRONMENT = _cached_compile_jinja_template("").environment
ENVIRONMENT.globals["strftime_now"] = NOW.strftime


def render(template, variables) -> dict[str, str]:
    try:
        return {"want": template().render(**variables)}
    except RecursionError:
        return {"error": "RecursionError"}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}".split("\n")[0]}


def variables(context):
    """A new copy, and what JSON can say: the same as what the specs read."""
    return json.loads(json.dumps(context))


def write(name: str, content: dict) -> None:
    text = json.dumps({"versions": VERSIONS, "now": NOW.isoformat(), **content}, ensure_ascii=True, indent=1)
    (GOLDEN / name).write_text(text + "\n")


def main() -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    cases = []
    for group, source in constructs():
        result = render(lambda: ENVIRONMENT.from_string(source), variables(CONTEXT))
        if " at 0x" in str(result):
            print(f"{source!r} prints an address: {result}")
        cases.append({"group": group, "template": source, **result})
    write("constructs.json", {"context": CONTEXT, "cases": cases})

    templates = []
    for path in sorted((HERE / "templates").glob("*.jinja")):
        source = path.read_text()
        results = {
            name: render(lambda: ENVIRONMENT.from_string(source), variables(conversation))
            for name, conversation in CONVERSATIONS.items()
        }
        templates.append({"name": path.stem, "template": source, "results": results})
    write("templates.json", {"conversations": CONVERSATIONS, "templates": templates})
    errors = sum("error" in case for case in cases)
    rejected = sum("error" in result for template in templates for result in template["results"].values())
    print(f"{len(cases)} constructs ({errors} are errors), {len(templates)} templates on {len(CONVERSATIONS)} "
          f"conversations ({rejected} rejected)")


main()
