using System.Text.Json;

namespace MeaiBudget.Tests;

/// <summary>Fetches bills through the command, from a provider that pages, is busy, refuses, repeats itself or breaks off.</summary>
[Collection("admin keys")]
public sealed class BillFetchTests : IDisposable
{
    private const string Key = "sk-admin-made-up";
    private const long Day = 1_795_132_800;
    private readonly BilledLedger _ledger = new();
    private readonly BillServer _server = new();
    private readonly WaitingClock _clock = new();

    public BillFetchTests()
    {
        Environment.SetEnvironmentVariable("OPENAI_ADMIN_KEY", Key);
        Environment.SetEnvironmentVariable("ANTHROPIC_ADMIN_KEY", Key);
    }

    public void Dispose()
    {
        _server.Dispose();
        _ledger.Dispose();
    }

    [Fact]
    public async Task OpenAIIsReadDayByDayAndWaitedFor()
    {
        await RecordTwoDaysAsync("openai", "gpt-6-sol");
        _server.Answer((path, count) => count == 1 ? (429, "7", """{"error":{"code":"rate_limit_exceeded"}}""") : (200, null, OpenAIPage(path)));

        JsonElement found = Json("openai", "--json");

        Assert.Equal([("2026-11-20", "gpt-6-sol", 0m, true), ("2026-11-21", "gpt-6-sol", 0m, true)], Rows(found));
        Assert.Equal([7d], _clock.Waits.Select(wait => wait.TotalSeconds));
        Assert.Equal($"Bearer {Key}", _server.Headers["Authorization"]);
        Assert.Equal(5, _server.Asked.Count);
        Assert.Contains(_server.Asked, path => path.StartsWith("/organization/usage/completions?start_time=1795132800&end_time=1795305600&bucket_width=1d", StringComparison.Ordinal));
        Assert.Equal(3, _server.Asked.Count(path => path.EndsWith("&page=AAA%2Btwo", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task AnthropicIsReadDayByDayInCents()
    {
        await RecordTwoDaysAsync("anthropic", "claude-haiku-4-5");
        _server.Answer((path, _) => (200, null, AnthropicPage(path)));

        JsonElement found = Json("anthropic", "--json");

        Assert.Equal([("2026-11-20", "claude-haiku-4-5", 0m, true), ("2026-11-21", "claude-haiku-4-5", 0m, true)], Rows(found));
        Assert.Equal((Key, "2023-06-01"), (_server.Headers["x-api-key"], _server.Headers["anthropic-version"]));
        Assert.Contains(_server.Asked, path => path.StartsWith("/organizations/cost_report?starting_at=2026-11-20T00%3A00%3A00Z&ending_at=2026-11-22T00%3A00%3A00Z", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("openai", "OPENAI_ADMIN_KEY", null)]
    [InlineData("anthropic", "ANTHROPIC_ADMIN_KEY", " \n")]
    public async Task AMissingKeyIsNamed(string provider, string variable, string? value)
    {
        await _ledger.RecordAsync();
        Environment.SetEnvironmentVariable(variable, value);

        AssertFails(Run(provider), $"the environment variable {variable} is not set");
        Assert.Empty(_server.Asked);
    }

    [Fact]
    public async Task AKeyIsTakenWithoutTheLineBreakOfItsFileAndNeverShown()
    {
        await _ledger.RecordAsync();
        _server.Answer((_, _) => (401, null, "{}"));
        Environment.SetEnvironmentVariable("OPENAI_ADMIN_KEY", Key + "\r\n");
        AssertFails(Run("openai"), "It must be an admin key");
        Assert.Equal($"Bearer {Key}", _server.Headers["Authorization"]);

        Environment.SetEnvironmentVariable("OPENAI_ADMIN_KEY", Key + "\nx");
        AssertFails(Run("openai"), "OPENAI_ADMIN_KEY has a character that no key has");
    }

    [Theory]
    [InlineData(401, "It must be an admin key", 1)]
    [InlineData(403, "It must be an admin key", 1)]
    [InlineData(404, "Check --endpoint", 1)]
    [InlineData(400, "the provider answered 400", 1)]
    [InlineData(429, "and was asked 6 times", 6)]
    public async Task ARefusalIsAClearErrorAndIsNotRepeated(int status, string expected, int asked)
    {
        await _ledger.RecordAsync();
        _server.Answer((_, _) => (status, "1", $"{{\"error\":{{\"message\":\"Incorrect API key provided: {Key}\"}}}}"));

        AssertFails(Run("openai"), expected);
        Assert.Equal(asked, _server.Asked.Count);
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("anthropic")]
    public async Task PagesThatNeverEndAreAnError(string provider)
    {
        await _ledger.RecordAsync();
        int next = 0;
        _server.Answer((path, _) => (200, null, (provider == "openai" ? OpenAIPage(path) : AnthropicPage(path))
            .Replace("\"has_more\":false", "\"has_more\":true", StringComparison.Ordinal).Replace("\"next_page\":null", $"\"next_page\":\"p{next++}\"", StringComparison.Ordinal)
            .Replace("100000", $"{100_000 + next}", StringComparison.Ordinal)));

        AssertFails(Run(provider), "so it repeats them");
        Assert.InRange(_server.Asked.Count, 3, 4);
    }

    [Fact]
    public async Task APageThatIsSentTwiceIsAnError()
    {
        await _ledger.RecordAsync();
        _server.Answer((path, _) => (200, null, OpenAIPage(path.Replace("page=", "", StringComparison.Ordinal))
            .Replace("\"has_more\":true", path.Contains("page=", StringComparison.Ordinal) ? "\"has_more\":false" : "\"has_more\":true", StringComparison.Ordinal)));

        AssertFails(Run("openai"), "the page has the same lines as an earlier one");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnAnswerThatBreaksOffChangesNothing(bool cutsOff)
    {
        await RecordTwoDaysAsync("openai", "gpt-6-sol");
        byte[] before = await File.ReadAllBytesAsync(_ledger.File, TestContext.Current.CancellationToken);
        _server.Answer((path, count) => (200, null, count < 2 || cutsOff ? OpenAIPage(path).Replace("2.00", "9.00", StringComparison.Ordinal) : OpenAIPage(path)[..^40]), cutsOff);

        AssertFails(Run("openai", "--apply"), "the answer is not JSON, or was cut off");
        Assert.Equal(before, await File.ReadAllBytesAsync(_ledger.File, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("2026-11-20T05:00:00Z", "2026-11-22", "--from: '2026-11-20T05:00:00Z' is 2026-11-20 05:00 in UTC, and not the start of a day")]
    [InlineData("2026-11-20T00:00:00+01:00", "2026-11-22", "is 2026-11-19 23:00 in UTC")]
    [InlineData("2026-11-22", "2026-11-22", "--to: 2026-11-22 is not after --from")]
    [InlineData("2026-11-20", null, "--fetch needs --from and --to")]
    public async Task WhatIsFetchedAreWholeDaysInUtc(string from, string? to, string expected)
    {
        await _ledger.RecordAsync();

        string[] end = to is null ? [] : ["--to", to];
        AssertFails(BilledLedger.RunAt(_clock, ["reconcile", _ledger.File, "--fetch", "openai", "--endpoint", _server.Endpoint, "--from", from, .. end]), expected);
        Assert.Empty(_server.Asked);
    }

    [Fact]
    public async Task DaysOfAnotherTimeZoneAreNotCompared()
    {
        await RecordTwoDaysAsync("openai", "gpt-6-sol");
        _server.Answer((path, _) => (200, null, OpenAIPage(path, shift: 5 * 3_600)));

        AssertFails(Run("openai", "--apply"), "a day of another time zone");
    }

    [Theory]
    [InlineData("localhost:8080", "is not a URL such as")]
    [InlineData("ftp://127.0.0.1/", "is not a URL such as")]
    [InlineData("http://me:secret@127.0.0.1/", "the URL has a user, a password or a query")]
    [InlineData("http://127.0.0.1:1/", "the provider cannot be reached")]
    public async Task AnEndpointThatCannotBeUsedIsNamed(string endpoint, string expected)
    {
        await _ledger.RecordAsync();

        (int ExitCode, string Output, string Error) run = BilledLedger.RunAt(_clock, "reconcile", _ledger.File, "--fetch", "openai", "--endpoint", endpoint, "--from", "2026-11-20", "--to", "2026-11-22");

        AssertFails(run, expected);
        Assert.DoesNotContain("secret", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Records a million tokens a second before midnight, and a million after it.</summary>
    private async Task RecordTwoDaysAsync(string provider, string model)
    {
        _ledger.Clock.SetUtcNow(BilledLedger.Day.AddDays(1).AddSeconds(-1));
        var usage = new BillableUsage { InputTokens = 100_000 };
        await _ledger.RecordAsync((provider, model, usage, "a", false), (provider, model, usage, "a", false));
    }

    private static string OpenAIPage(string path, long shift = 0)
    {
        bool isSecond = path.Contains("page=", StringComparison.Ordinal);
        long start = Day + (isSecond ? 86_400 : 0) + shift;
        string row = path.Contains("/costs?", StringComparison.Ordinal)
            ? """{"object":"organization.costs.result","amount":{"value":0.200,"currency":"usd"},"line_item":"gpt-6-sol, input","project_id":"proj","api_key_id":null}"""
            : """{"object":"organization.usage.completions.result","input_tokens":100000,"output_tokens":0,"num_model_requests":1,"model":"gpt-6-sol","project_id":"proj","batch":null,"service_tier":null}""";
        return $$"""
            {"object":"page","data":[{"object":"bucket","start_time":{{start}},"end_time":{{start + 86_400}},"results":[{{row}}]}],"has_more":{{(isSecond ? "false" : "true")}},"next_page":{{(isSecond ? "null" : "\"AAA+two\"")}}}
            """;
    }

    private static string AnthropicPage(string path)
    {
        bool isSecond = path.Contains("page=", StringComparison.Ordinal);
        string row = path.Contains("/cost_report?", StringComparison.Ordinal)
            ? """{"amount":"10.0000","currency":"USD","cost_type":"tokens","token_type":"uncached_input_tokens","model":"claude-haiku-4-5","service_tier":"standard","workspace_id":null,"description":"Claude Haiku 4.5 Usage - Input Tokens"}"""
            : """{"uncached_input_tokens":100000,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"cache_read_input_tokens":0,"output_tokens":0,"server_tool_use":{"web_search_requests":0},"model":"claude-haiku-4-5","service_tier":"standard","workspace_id":null,"api_key_id":null}""";
        (string from, string to) = isSecond ? ("2026-11-21", "2026-11-22") : ("2026-11-20", "2026-11-21");
        return $$"""
            {"data":[{"starting_at":"{{from}}T00:00:00Z","ending_at":"{{to}}T00:00:00Z","results":[{{row}}]}],"has_more":{{(isSecond ? "false" : "true")}},"next_page":{{(isSecond ? "null" : "\"page_2\"")}}}
            """;
    }

    private (int ExitCode, string Output, string Error) Run(string provider, params string[] more) =>
        BilledLedger.RunAt(_clock, ["reconcile", _ledger.File, "--fetch", provider, "--endpoint", _server.Endpoint, "--from", "2026-11-20", "--to", "2026-11-22", .. more]);

    private JsonElement Json(string provider, params string[] more)
    {
        (int exitCode, string output, string error) = Run(provider, more);
        Assert.Equal(("", 0), (error, exitCode));
        return JsonDocument.Parse(output).RootElement;
    }

    private static (string Day, string Model, decimal Difference, bool AreTokensEqual)[] Rows(JsonElement found) =>
    [
        .. found.GetProperty("rows").EnumerateArray().Select(row =>
            (row.GetProperty("day").GetString()!, row.GetProperty("model").GetString()!, row.GetProperty("difference").GetDecimal(), row.GetProperty("tokensAreEqual").GetBoolean())),
    ];

    private static void AssertFails((int ExitCode, string Output, string Error) run, string expected)
    {
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, run.Error, StringComparison.Ordinal);
    }
}
