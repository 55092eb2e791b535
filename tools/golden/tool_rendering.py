"""Writes libs/tokenizer/golden/tool-rendering.json: conversations with tools, as transformers renders them.

The templates are ours, written to the constructs of public ones: descriptions in the system turn or before the last question,
calls as JSON with parsed arguments, results under the role of the tool or of the user.

    python tools/golden/tool_rendering.py    (requirements.txt)
"""

import json
from pathlib import Path

from transformers.utils.chat_template_utils import render_jinja_template

IN_SYSTEM = """{%- if tools %}
{{- '<|im_start|>system\\n' }}
{%- if messages[0]['role'] == 'system' %}{{- messages[0]['content'] + '\\n\\n' }}{%- endif %}
{{- '# Tools\\n<tools>' }}
{%- for tool in tools %}{{- '\\n' }}{{- tool | tojson }}{%- endfor %}
{{- '\\n</tools><|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
{%- if message.role == 'assistant' and message.tool_calls %}
{{- '<|im_start|>assistant' }}
{%- if message.content %}{{- '\\n' + message.content }}{%- endif %}
{%- for call in message.tool_calls %}
{%- if call.function is defined %}{%- set call = call.function %}{%- endif %}
{{- '\\n<tool_call>\\n{"name": "' + call.name + '", "arguments": ' }}{{- call.arguments | tojson }}{{- '}\\n</tool_call>' }}
{%- endfor %}
{{- '<|im_end|>\\n' }}
{%- elif message.role == 'tool' %}
{%- if loop.first or messages[loop.index0 - 1].role != 'tool' %}{{- '<|im_start|>user' }}{%- endif %}
{{- '\\n<tool_response>\\n' + message.content + '\\n</tool_response>' }}
{%- if loop.last or messages[loop.index0 + 1].role != 'tool' %}{{- '<|im_end|>\\n' }}{%- endif %}
{%- elif not (loop.first and message.role == 'system' and tools) %}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""

HEADERS = """{{- bos_token }}
{%- for message in messages %}
{%- if not (message.role == 'tool' or message.role == 'ipython' or 'tool_calls' in message) %}
{{- '<|start|>' + message.role + '<|end|>\\n' }}
{%- if loop.index0 <= 1 and message.role == 'user' and tools is not none %}
{{- 'Functions:\\n' }}{%- for t in tools %}{{- t.function | tojson(indent=2) }}{{- '\\n' }}{%- endfor %}
{%- endif %}
{{- message.content | trim + '<|eot|>' }}
{%- elif 'tool_calls' in message %}
{%- if message.tool_calls | length != 1 %}{{- raise_exception('one call at a time') }}{%- endif %}
{%- set call = message.tool_calls[0].function %}
{{- '<|start|>assistant<|end|>\\n{"name": "' + call.name + '", "parameters": ' }}{{- call.arguments | tojson }}{{- '}<|eot|>' }}
{%- else %}
{{- '<|start|>ipython<|end|>\\n' + (message.name or '?') + ' ' + message.tool_call_id + ': ' + (message.content | tojson) + '<|eot|>' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start|>assistant<|end|>\\n' }}{%- endif %}"""

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "find_train",
            "description": "Finds a train. Zug, 列车.",
            "parameters": {
                "type": "object",
                "properties": {"to": {"type": "string", "description": "Where to <go>"}, "seats": {"type": "integer"}},
                "required": ["to"],
            },
        },
    }
]


def call(number, **arguments):
    return {"id": f"call0000{number}", "type": "function", "function": {"name": "find_train", "arguments": arguments}}


def result(number, content):
    return {"role": "tool", "tool_call_id": f"call0000{number}", "name": "find_train", "content": content}


ASKED = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "A train to Köln?"},
    {"role": "assistant", "content": None, "tool_calls": [call(1, to="Köln", seats=2)]},
    result(1, '{"leaves": "9:04"}'),
    {"role": "assistant", "content": "It leaves at 9:04."},
]
TWICE = [
    {"role": "user", "content": "Trains to Bonn and 北京?"},
    {"role": "assistant", "content": "I look.", "tool_calls": [call(1, to="Bonn"), call(2, to="北京", seats=None)]},
    result(1, "10:00"),
    result(2, "none"),
    {"role": "assistant", "content": "At ten; and none."},
]

rows = []
for name, template in [("in system", IN_SYSTEM), ("headers", HEADERS)]:
    for messages in [ASKED, TWICE] if name == "in system" else [ASKED]:
        for length in range(1, len(messages) + 1):
            for tools in [TOOLS, None]:
                part = messages[:length]
                prompt = part[-1]["role"] != "assistant"
                rendered, _ = render_jinja_template(
                    conversations=[part],
                    tools=tools,
                    chat_template=template,
                    add_generation_prompt=prompt,
                    bos_token="<s>",
                    eos_token="</s>",
                )
                rows.append({"name": name, "messages": part, "tools": tools, "prompt": prompt, "text": rendered[0]})

out = Path(__file__).parents[2] / "libs/tokenizer/golden/tool-rendering.json"
out.parent.mkdir(parents=True, exist_ok=True)
document = {"templates": {"in system": IN_SYSTEM, "headers": HEADERS}, "rows": rows}
out.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
