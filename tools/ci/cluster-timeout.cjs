// Longer than the waits of the helpers, whose errors say what was waited for.
jest.setTimeout(120_000);
