"""What the whole templates render: our own conversations, with the variables that transformers gives."""

TOOLS = [
    {"type": "function", "function": {"name": "get_weather", "description": "Weather of a city.\nToday's.", "parameters": {
        "type": "object", "properties": {
            "city": {"type": "string", "description": "The city's \"name\" <any>"},
            "unit": {"type": "string", "enum": ["°C", "°F"]},
            "days": {"type": ["integer", "null"], "default": 1}}, "required": ["city"]}}},
    {"type": "function", "function": {"name": "now", "description": "The time", "parameters": {"type": "object", "properties": {}}}},
]
CALL = {"id": "call00001", "type": "function", "function": {"name": "get_weather", "arguments": {"city": "Zürich", "days": 2, "exact": True, "note": None}}}


def system(content): return {"role": "system", "content": content}
def user(content): return {"role": "user", "content": content}
def assistant(content, **more): return {"role": "assistant", "content": content, **more}
def tool(content, **more): return {"role": "tool", "content": content, **more}
def text(content): return {"type": "text", "text": content}


PLAIN = [user("Hi there!")]
TURNS = [user(" What is 2+2? \n"), assistant("  4  "), user("And 😀 \"twice\" {{ that }}?"), assistant("8\n\n    indented")]
THOUGHTS = [user("Sum"), assistant("<think>\n    keep\n\n</think>\n\n    total = a + b\n"), user("Again"), assistant("<think>\nmore\n</think>\n\n  done\n")]
CALLS = [system("Use tools."), user("Weather in Zürich?"), assistant("", tool_calls=[CALL]), tool("{\"t\": 21.5}", name="get_weather", tool_call_id="call00001"), assistant("It is 21.5 °C."), user("Thanks")]


def case(messages, generate=False, **more):
    return {"messages": messages, "add_generation_prompt": generate, "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>",
            "unk_token": "<unk>", "tools": None, "documents": None, **more}


CONVERSATIONS = {
    "one question": case(PLAIN, True),
    "one question, no prompt": case(PLAIN),
    "turns": case(TURNS),
    "turns, prompt": case(TURNS[:3], True),
    "system": case([system("  Be brief.\n"), *TURNS]),
    "system, prompt": case([system("Be brief."), *TURNS[:3]], True),
    "late system": case([*TURNS[:2], system("Now rhyme."), *TURNS[2:3]], True),
    "two users in a row": case([user("a"), user("b")], True),
    "assistant first": case([assistant("Hello"), user("Hi")], True),
    "empty contents": case([system(""), user(""), assistant("")]),
    "thoughts": case(THOUGHTS),
    "thoughts, prompt": case(THOUGHTS[:3], True),
    "thoughts in a field": case([user("Sum"), assistant("ok", reasoning_content="\n why \n"), user("Go"), assistant("done", reasoning_content="because", thinking="because")]),
    "thinking off": case(PLAIN, True, enable_thinking=False),
    "thinking on": case([system("S /no_think"), *PLAIN], True, enable_thinking=True, thinking=True),
    "parts": case([user([text("Look: "), {"type": "image"}, text("what?")]), assistant([text("A cat.")]), user([text("Sure?")])], True),
    "tools": case([system("Help."), *PLAIN], True, tools=TOOLS),
    "tools without system": case(PLAIN, True, tools=TOOLS[:1]),
    "tool calls": case(CALLS, True, tools=TOOLS),
    "tool calls, no tools": case(CALLS[1:4], True),
    "two calls": case([user("Both"), assistant(None, tool_calls=[CALL, {**CALL, "id": "call00002", "function": {"name": "now", "arguments": {}}}]),
                       tool("21", name="get_weather", tool_call_id="call00001"), tool("noon", name="now", tool_call_id="call00002"), assistant("ok")], tools=TOOLS),
    "arguments as text": case([user("x"), assistant("Wait.", tool_calls=[{"id": "abcdefghi", "type": "function", "function": {"name": "now", "arguments": "{\"a\": 1}"}}]), tool("[1]", tool_call_id="abcdefghi")], True, tools=TOOLS[1:]),
    "unknown role": case([user("a"), {"role": "critic", "content": "b"}]),
    "documents": case(PLAIN, True, documents=[{"title": "One", "text": "First."}, {"title": "Two", "text": "Second\nline."}]),
    "date and other variables": case(PLAIN, True, date_string="01 Jan 2024", tools_in_user_message=False, continue_final_message=True, custom_tools=TOOLS),
    "no messages": case([], True),
}
