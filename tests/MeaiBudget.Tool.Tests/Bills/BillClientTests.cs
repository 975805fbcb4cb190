using System.Globalization;
using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

/// <summary>Fetches bills from a provider that is busy, and from one whose answers are damaged.</summary>
[Collection("admin keys")]
public sealed class BillClientTests : IDisposable
{
    private static readonly DateTimeOffset Day = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);
    private readonly BillServer _server = new();
    private readonly WaitingClock _clock = new();

    public BillClientTests()
    {
        Environment.SetEnvironmentVariable("OPENAI_ADMIN_KEY", "sk-admin-made-up");
        Environment.SetEnvironmentVariable("ANTHROPIC_ADMIN_KEY", "sk-ant-admin-made-up");
    }

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task ABusyProviderIsWaitedForAsLongAsItAsksAndPagesAreFollowed()
    {
        _server.Answer((path, count) => count switch
        {
            0 => (429, "30", "{}"),
            1 => (429, _clock.GetUtcNow().AddSeconds(45).ToString("R", CultureInfo.InvariantCulture), "{}"),
            2 => (503, null, "{}"),
            3 => (429, "100000", "{}"),
            _ when path.Contains("/costs", StringComparison.Ordinal) => (200, null, Page(path.Contains("page=two", StringComparison.Ordinal) ? null : "two", $$"""{"object":"organization.costs.result","amount":{"value":0.5,"currency":"usd"},"line_item":"gpt-4o, {{(path.Contains("page=two", StringComparison.Ordinal) ? "output" : "input")}}"}""")),
            _ => (200, null, Page(null, """{"object":"organization.usage.completions.result","model":"gpt-4o","input_tokens":7}""")),
        });

        BillSums sums = await ReadAsync("openai");

        Assert.Equal([30, 45, 8, 120], _clock.Waits.Select(wait => Math.Round(wait.TotalSeconds)));
        Assert.Equal(1m, sums.Groups.Values.Sum(sum => sum.Amount ?? 0m));
        Assert.Equal(7, sums.Groups.Values.Sum(sum => sum[BilledKind.Input]));
        Assert.Single(_server.Asked, path => path.Contains("page=two", StringComparison.Ordinal));
        sums.CheckPages();
    }

    [Fact]
    public async Task AProviderThatStaysBusyIsAnErrorWithTheAddress()
    {
        _server.Answer((_, _) => (529, "1", "{}"));

        InvalidDataException fault = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync("anthropic"));

        Assert.StartsWith($"{_server.Endpoint}organizations/usage_report/messages", fault.Message, StringComparison.Ordinal);
        Assert.Contains("the provider answered 529", fault.Message, StringComparison.Ordinal);
        Assert.Equal(6, _server.Asked.Count);
    }

    [Theory]
    [InlineData("""{"data":[],"has_more":true,"next_page":null}""", "names none, or one that was read before")]
    [InlineData("""{"data":[],"has_more":true,"next_page":"same"}""", "names none, or one that was read before")]
    [InlineData("""{"data":[{"starting_at":"2026-11-20T00:00:00Z",""", "the answer is not JSON, or was cut off")]
    [InlineData("<html>", "the answer is not JSON, or was cut off")]
    [InlineData("""{"data":[{"starting_at":"2026-11-20T00:00:00Z","ending_at":"2026-11-21T00:00:00Z","results":[{"hello":1}]}]}""", "entry 1, result 1: a row has neither 'amount' nor tokens")]
    public async Task ADamagedAnswerIsAnErrorWithTheAddress(string answer, string expected)
    {
        _server.Answer((_, _) => (200, null, answer));

        InvalidDataException fault = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync("anthropic"));

        Assert.StartsWith(_server.Endpoint, fault.Message, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("made-up", fault.Message, StringComparison.Ordinal);
    }

    private static string Page(string? next, string row) => $$"""
        {"object":"page","data":[{"object":"bucket","start_time":1795132800,"end_time":1795219200,"results":[{{row}}]}],"has_more":{{(next is null ? "false" : "true")}},"next_page":{{(next is null ? "null" : $"\"{next}\"")}}}
        """;

    private async Task<BillSums> ReadAsync(string provider)
    {
        var sums = new BillSums(new Dictionary<string, decimal>(), new HashSet<string>(), new HashSet<string>(), null);
        using var client = new BillClient(provider, _server.Endpoint, _clock);
        await client.ReadAsync(Day, Day.AddDays(1), sums, BillItems.None, TestContext.Current.CancellationToken);
        return sums;
    }
}
