"""The Python clients of a server, each with what its users do. Usage: clients.py <base URL> <model>.

Prints one JSON object: for each check its error, or null.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Annotated, Literal

# Without it, LiteLLM loads a list of prices from the internet.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import anthropic
import litellm
import openai
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel, Field

# It prints advice to the standard output.
litellm.suppress_debug_info = True

BASE, MODEL = sys.argv[1], sys.argv[2]
MESSAGES = [{"role": "user", "content": "hi"}]
OPENAI = {"base_url": f"{BASE}/v1", "api_key": "none"}
PARAMETERS = {
    "type": "object",
    "properties": {"day": {"type": "string", "enum": ["today", "tomorrow"]}},
    "required": ["day"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}
DAYS = ("today", "tomorrow")

CHECKS: list[Callable[[], None]] = []


def check(run: Callable[[], None]) -> Callable[[], None]:
    CHECKS.append(run)
    return run


class Pet(BaseModel):
    """A pet."""

    kind: Literal["cat", "dog"]
    name: Annotated[str, Field(max_length=5)]


def occupy() -> openai.Stream:
    """A stream that takes the only place of the server until it is closed."""
    stream = openai.OpenAI(**OPENAI).chat.completions.create(
        model=MODEL, messages=MESSAGES, max_tokens=10_000, stream=True, extra_body={"ignore_eos": True}
    )
    next(iter(stream))
    return stream


def when_refused(stream: openai.Stream, statuses: list[int]) -> dict:
    """Options of an HTTP client that records statuses, and closes the stream once a request is refused."""

    def record(response) -> None:
        statuses.append(response.status_code)
        if response.status_code == 429:
            stream.close()

    return {"event_hooks": {"response": [record]}}


@check
def openai_whole_and_stream() -> None:
    client = openai.OpenAI(**OPENAI)
    whole = client.chat.completions.create(model=MODEL, messages=MESSAGES, max_tokens=12, temperature=0)
    stream = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, max_tokens=12, temperature=0, stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens


@check
def openai_abort_and_retry() -> None:
    statuses = []
    http = openai.DefaultHttpxClient(**when_refused(occupy(), statuses))
    openai.OpenAI(**OPENAI, max_retries=5, http_client=http).completions.create(model=MODEL, prompt="a", max_tokens=1)
    assert statuses == [429, 200], statuses


@check
def openai_structured_output() -> None:
    parsed = openai.OpenAI(**OPENAI).chat.completions.parse(model=MODEL, messages=MESSAGES, response_format=Pet)
    assert isinstance(parsed.choices[0].message.parsed, Pet)


@check
def openai_tools() -> None:
    client = openai.OpenAI(**OPENAI)
    with client.chat.completions.stream(
        model=MODEL, messages=MESSAGES, tools=[TOOL], tool_choice="required", parallel_tool_calls=False
    ) as stream:
        message = stream.get_final_completion().choices[0].message
    [call] = message.tool_calls
    assert json.loads(call.function.arguments)["day"] in DAYS
    result = {"role": "tool", "tool_call_id": call.id, "content": "rain"}
    client.chat.completions.create(
        model=MODEL, messages=[*MESSAGES, message, result], tools=[TOOL], max_tokens=2
    )


@check
def openai_embeddings() -> None:
    data = openai.OpenAI(**OPENAI).embeddings.create(model=MODEL, input=["a", "b"]).data
    assert [len(one.embedding) for one in data] == [32, 32]
    assert abs(sum(x * x for x in data[0].embedding) - 1) < 1e-5


@check
def openai_responses() -> None:
    client = openai.OpenAI(**OPENAI)
    first = client.responses.parse(model=MODEL, input="hi", text_format=Pet)
    assert isinstance(first.output_parsed, Pet)
    with client.responses.stream(
        model=MODEL, input="more", previous_response_id=first.id, text_format=Pet
    ) as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        assert text == stream.get_final_response().output_text


@check
def openai_errors() -> None:
    client = openai.OpenAI(**OPENAI)
    for kind, request in (
        (openai.BadRequestError, {"model": MODEL, "temperature": 3}),
        (openai.NotFoundError, {"model": "none"}),
    ):
        try:
            client.chat.completions.create(messages=MESSAGES, **request)
        except kind as error:
            assert error.param == list(request)[-1], error.param
        else:
            raise AssertionError(f"no {kind.__name__}")


@check
def anthropic_whole_and_stream() -> None:
    client = anthropic.Anthropic(base_url=BASE, api_key="none")
    request = {"model": MODEL, "messages": MESSAGES, "max_tokens": 12, "extra_body": {"temperature": 0}}
    whole = client.messages.create(**request)
    with client.messages.stream(**request) as stream:
        assert "".join(stream.text_stream) == whole.content[0].text
        assert stream.get_final_message().usage.output_tokens == whole.usage.output_tokens


@check
def anthropic_tools_and_retry() -> None:
    statuses = []
    http = anthropic.DefaultHttpxClient(**when_refused(occupy(), statuses))
    client = anthropic.Anthropic(base_url=BASE, api_key="none", max_retries=5, http_client=http)
    message = client.messages.create(
        model=MODEL, messages=MESSAGES, max_tokens=200, tool_choice={"type": "tool", "name": "weather"},
        tools=[{"name": "weather", "input_schema": PARAMETERS}],
    )
    assert message.content[0].input["day"] in DAYS
    assert statuses == [429, 200], statuses


@check
def langchain_whole_and_stream() -> None:
    chat = ChatOpenAI(model=MODEL, max_tokens=12, temperature=0, **OPENAI)
    whole = chat.invoke("hi")
    chunks = list(chat.stream("hi"))
    assert "".join(chunk.content for chunk in chunks) == whole.content
    assert whole.usage_metadata["output_tokens"] == 12


@check
def langchain_structured_output() -> None:
    chat = ChatOpenAI(model=MODEL, **OPENAI)
    for method in ("json_schema", "function_calling"):
        assert isinstance(chat.with_structured_output(Pet, method=method).invoke("hi"), Pet)


@check
def langchain_tools() -> None:
    chat = ChatOpenAI(model=MODEL, **OPENAI).bind_tools([TOOL], tool_choice="any")
    first = chat.invoke("hi")
    assert first.tool_calls[0]["args"]["day"] in DAYS
    result = {"role": "tool", "tool_call_id": first.tool_calls[0]["id"], "content": "rain"}
    ChatOpenAI(model=MODEL, max_tokens=2, **OPENAI).invoke([("user", "hi"), first, result])


@check
def langchain_embeddings() -> None:
    # Its tokenizer is that of OpenAI's models; without this length it sends the texts.
    embeddings = OpenAIEmbeddings(model=MODEL, check_embedding_ctx_length=False, **OPENAI)
    assert [len(one) for one in embeddings.embed_documents(["a", "b"])] == [32, 32]


LITELLM = {"model": f"openai/{MODEL}", "api_base": f"{BASE}/v1", "api_key": "none"}


@check
def litellm_whole_and_stream() -> None:
    request = {**LITELLM, "messages": MESSAGES, "max_tokens": 12, "temperature": 0}
    whole = litellm.completion(**request)
    chunks = list(litellm.completion(**request, stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == whole.choices[0].message.content
    assert whole.usage.completion_tokens == 12


@check
def litellm_tools_and_structured_output() -> None:
    answered = litellm.completion(**LITELLM, messages=MESSAGES, tools=[TOOL], tool_choice="required")
    assert json.loads(answered.choices[0].message.tool_calls[0].function.arguments)["day"] in DAYS
    answered = litellm.completion(**LITELLM, messages=MESSAGES, response_format=Pet)
    Pet.model_validate_json(answered.choices[0].message.content)


@check
def litellm_embeddings_and_errors() -> None:
    data = litellm.embedding(**LITELLM, input=["a", "b"]).data
    assert [len(one["embedding"]) for one in data] == [32, 32]
    try:
        litellm.completion(**LITELLM, messages=MESSAGES, temperature=3)
    except litellm.BadRequestError as error:
        assert "temperature" in str(error)
    else:
        raise AssertionError("no BadRequestError")


@check
def litellm_retry() -> None:
    stream = occupy()
    try:
        litellm.completion(**LITELLM, messages=MESSAGES, max_tokens=1, max_retries=0)
    except litellm.RateLimitError:
        stream.close()
    else:
        raise AssertionError("no RateLimitError")
    litellm.completion(**LITELLM, messages=MESSAGES, max_tokens=1, num_retries=3)


results = {}
for one in CHECKS:
    try:
        one()
        results[one.__name__] = None
    except Exception:
        results[one.__name__] = traceback.format_exc(limit=3)
print(json.dumps(results))
