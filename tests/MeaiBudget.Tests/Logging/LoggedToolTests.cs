using System.Text.Json;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Testing;

namespace MeaiBudget.Tests;

/// <summary>Arguments and results of tools in the log: valid JSON, each value redacted.</summary>
public class LoggedToolTests
{
    private const string Secret = "Xq7f\"Kp29\\LmZt4R\nb8Wd'Tq";

    public static TheoryData<string> Values => ["text", "list", "object", "element", "nested", "number", "pair"];

    [Theory, MemberData(nameof(Values))]
    public async Task Q1_ArgumentsAndResultsAreJsonWithoutTheirSecrets(string kind)
    {
        object? value = kind switch
        {
            "text" => Secret,
            "list" => new[] { Secret, Secret },
            "object" => new Dictionary<string, object?> { ["value"] = Secret },
            "element" => JsonSerializer.SerializeToElement(new { text = Secret }),
            "nested" => new List<object?> { new Dictionary<string, object?> { ["password"] = Secret, ["host"] = "db" } },
            "pair" => JsonSerializer.SerializeToElement(new { name = "password", value = Secret }),
            _ => 4711,
        };
        var arguments = new Dictionary<string, object?> { ["user"] = "jane \"doe\"", ["password"] = value, ["ports"] = new[] { 1, 2 } };

        string messages = await LoggedAsync(new FunctionCallContent("1", "connect", arguments), new FunctionResultContent("1", JsonSerializer.SerializeToElement(arguments)));

        foreach (string piece in (string[])["Xq7f", "Kp29", "LmZt4R", "b8Wd"])
        {
            Assert.DoesNotContain(piece, messages, StringComparison.Ordinal);
        }

        string call = Between(messages, "[calls connect ", "]\n");
        using var written = JsonDocument.Parse(call);
        Assert.Equal("jane \"doe\"", written.RootElement.GetProperty("user").GetString());
        Assert.Equal(2, written.RootElement.GetProperty("ports").GetArrayLength());
        using var result = JsonDocument.Parse(Between(messages, "[result ", "]\n"));
        Assert.Equal("jane \"doe\"", result.RootElement.GetProperty("user").GetString());
    }

    [Fact]
    public async Task Q1_AResultThatIsJsonInATextStaysJson()
    {
        string messages = await LoggedAsync(new FunctionResultContent("1", JsonSerializer.Serialize(new { password = Secret, rows = new[] { 1 } })));
        using var result = JsonDocument.Parse(Between(messages, "[result ", "]\n"));
        Assert.Equal("[REDACTED]", result.RootElement.GetProperty("password").GetString());
        Assert.Equal(1, result.RootElement.GetProperty("rows")[0].GetInt32());
    }

    [Fact]
    public async Task Q6_ControlAndDirectionCharactersOfContentAreEscapedAndItsLinesAreKept()
    {
        string messages = await LoggedAsync(new TextContent("one\n\ttwo \u001b[31mred\u0007 \u202Eback\u2066"));
        Assert.Equal("[user] one\n\ttwo \\u001b[31mred\\u0007 \\u202eback\\u2066\n", messages);
    }

    [Theory]
    [InlineData("a\nb", "a\\u000ab"), InlineData("\u001b]0;x\u0007", "\\u001b]0;x\\u0007"), InlineData("x\u202Ey", "x\\u202ey"), InlineData("é 密码 😀", "é 密码 😀"), InlineData("\u009b2J", "\\u009b2J")]
    public void Q6_NamesAreWrittenWithoutCharactersThatATerminalObeys(string name, string written)
    {
        Assert.Equal(written, WrittenText.Of(name));
        var receipt = new AttemptReceipt { CallId = Guid.NewGuid(), Number = 1, Route = name, ModelId = name, Provider = name, Outcome = AttemptOutcome.Answered };
        Assert.Equal((written, written, written), (receipt.Route, receipt.ModelId, receipt.Provider));
        Assert.Equal(written, new BudgetEvent(BudgetEventKind.Granted, name, "", default, name).Budget);
        Assert.StartsWith(written, WrittenText.KeyOf(name), StringComparison.Ordinal);
    }

    [Fact]
    public void Q7_NamesOfBudgetsRunsAndGrantsAreRedacted()
    {
        string secret = SecretShapes.All["anthropic"].Secret;
        var happened = new BudgetEvent(BudgetEventKind.Granted, secret, secret, default, $"for {secret}");
        Assert.Equal(("[REDACTED]", "[REDACTED]", "for [REDACTED]"), (happened.Budget, happened.Key, happened.Detail));
        using var run = BudgetRun.Begin($"import {secret}");
        Assert.Equal("import [REDACTED]", run.Name);
        Assert.Equal("by [REDACTED]", new LedgerGrant { Id = Guid.NewGuid(), Account = "a", Amount = 1, ExpiresAt = default, Reason = $"by {secret}" }.Reason);
        Assert.Equal("[REDACTED]", new LedgerCallInfo { At = default, Provider = secret }.Provider);
    }

    [Fact]
    public void Q8_TheNumberOfNamesInMetricsIsBounded()
    {
        var names = new MetricNames(3);
        Assert.Equal(["a", "[REDACTED]", "c", "other", "a", null], [names.Of("a"), names.Of(SecretShapes.All["github"].Secret), names.Of("c"), names.Of("d"), names.Of("a"), names.Of(null)]);
        Assert.All(Enumerable.Range(0, 20_000), number => Assert.Equal(MetricNames.Other, names.Of($"m{number}")));
    }

    private static async Task<string> LoggedAsync(params AIContent[] contents)
    {
        var logger = new FakeLogger();
        using var provider = new ScriptedChatClient("gpt-4o-mini", "openai") { Default = ScriptedReply.Text("Fine.") };
        using var client = new RedactedLoggingChatClient(provider, logger, new RedactedLoggingOptions { Content = LoggedContent.Redacted });
        await client.GetResponseAsync([.. contents.Select(content => new ChatMessage(ChatRole.User, [content]))]);
        return Assert.Single(logger.Collector.GetSnapshot(), record => record.Id.Id == 506).GetStructuredStateValue("Messages")!;
    }

    private static string Between(string text, string before, string after)
    {
        int start = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return text[start..text.IndexOf(after, start, StringComparison.Ordinal)];
    }
}
