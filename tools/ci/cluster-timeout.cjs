// Longer than a few waits of the helpers, whose errors say what was waited for.
jest.setTimeout(600_000);
