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

    public static TheoryData<string> OddValues => ["duplicates", "duplicates in a text", "bytes", "memory", "characters", "properties", "cycle", "throws", "lazy", "half a surrogate", "deep", "not a number", "huge number", "node", "many"];

    [Theory, MemberData(nameof(OddValues))]
    public async Task Q1_OddValuesAreWrittenAsJsonAndDoNotEndTheCall(string kind)
    {
        int enumerated = 0;
        var cycle = new List<object?>();
        cycle.AddRange([cycle, cycle, cycle]);
        IEnumerable<string> Lazy()
        {
            enumerated++;
            yield return "Kp29LmZt4R";
        }

        string twice = "{\"password\": \"Kp29LmZt4R\", \"a\": 1, \"a\": 2}";
        object? value = kind switch
        {
            "duplicates" => JsonDocument.Parse(twice).RootElement,
            "duplicates in a text" => twice,
            "bytes" => "Kp29LmZt4R"u8.ToArray(),
            "memory" => new ReadOnlyMemory<byte>("Kp29LmZt4R"u8.ToArray()),
            "characters" => "password=Kp29LmZt4R".ToCharArray(),
            "properties" => new AdditionalPropertiesDictionary { ["password"] = "Kp29LmZt4R" },
            "cycle" => cycle,
            "throws" => new Thrower(),
            "lazy" => Lazy(),
            "half a surrogate" => "\uD83D password=Kp29LmZt4R",
            "deep" => JsonDocument.Parse(string.Concat(Enumerable.Repeat("[", 60)) + "\"password=Kp29LmZt4R\"" + string.Concat(Enumerable.Repeat("]", 60))).RootElement,
            "not a number" => double.NaN,
            "huge number" => JsonDocument.Parse("1e999").RootElement,
            "node" => System.Text.Json.Nodes.JsonNode.Parse(twice),
            _ => Enumerable.Range(0, 100_000).ToArray(),
        };

        string messages = await LoggedAsync(new FunctionCallContent("1", "connect", new Dictionary<string, object?> { ["v"] = value }), new FunctionResultContent("1", value));

        foreach (string piece in (string[])["Kp29", "LmZt4R", "[75,112", "\"K\",\"p\""])
        {
            Assert.DoesNotContain(piece, messages, StringComparison.Ordinal);
        }

        Assert.Equal(0, enumerated);
        using var call = JsonDocument.Parse(Between(messages, "[calls connect ", "]\n[user] [result"));
        Assert.Equal(JsonValueKind.Object, call.RootElement.ValueKind);
    }

    private sealed class Thrower
    {
        public override string ToString() => throw new InvalidOperationException("Kp29LmZt4R");
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
        using var client = new RedactedLoggingChatClient(provider, logger, new RedactedLoggingOptions { Content = LoggedContent.Redacted, MaxContentLength = 1_000_000 });
        await client.GetResponseAsync([.. contents.Select(content => new ChatMessage(ChatRole.User, [content]))]);
        return Assert.Single(logger.Collector.GetSnapshot(), record => record.Id.Id == 506).GetStructuredStateValue("Messages")!;
    }

    private static string Between(string text, string before, string after)
    {
        int start = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return text[start..text.IndexOf(after, start, StringComparison.Ordinal)];
    }
}
