using Microsoft.CodeAnalysis;

namespace MeaiBudget.Tests;

/// <summary>MB1022: a call below an enforcing budget has no output limit.</summary>
public sealed class OutputLimitRuleTests
{
    private const string Given = """
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        IChatClient inner = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "m" });
        IChatClient client = new ChatClientBuilder(inner).UseFunctionInvocation().UseBudget(tracker).UseRetry().Build();

        """;

    public static TheoryData<string> Missing =>
    [
        "await client.{|MB1022:GetResponseAsync(\"a\")|};",
        "await client.{|MB1022:GetResponseAsync(\"a\", new ChatOptions { Temperature = 0 })|};",
        "await client.{|MB1022:GetResponseAsync([new(ChatRole.User, \"a\")], options: null)|};",
        "await foreach (ChatResponseUpdate one in client.{|MB1022:GetStreamingResponseAsync(\"a\", new() { Tools = [] })|}) { }",
        "ChatOptions options = new() { Instructions = \"Be brief.\" }; options.Temperature = 0; await client.{|MB1022:GetResponseAsync(\"a\", options)|};",
        "await ChatClientExtensions.{|MB1022:GetResponseAsync(client, \"a\")|};",
        "Func<Task> ask = async () => await client.{|MB1022:GetResponseAsync(\"a\")|}; await ask();",
        "using IChatClient own = inner.AsBuilder().UseBudget(Budget.Daily(\"own\", 1m)).Build(); await own.{|MB1022:GetResponseAsync(\"a\")|};",
    ];

    public static TheoryData<string> Set =>
    [
        "await client.GetResponseAsync(\"a\", new ChatOptions { MaxOutputTokens = 100 });",
        "ChatOptions options = new(); options.MaxOutputTokens = 100; await client.GetResponseAsync(\"a\", options);",
        "ChatOptions options = new(); Configure(options); await client.GetResponseAsync(\"a\", options); static void Configure(ChatOptions o) => o.MaxOutputTokens = 1;",
        "async Task Ask(ChatOptions options) => await client.GetResponseAsync(\"a\", options); await Ask(new());",
        "await client.GetResponseAsync(\"a\", new Short()); sealed class Short : ChatOptions { public Short() => MaxOutputTokens = 5; }",
        "await client.GetResponseAsync(\"a\", new ChatOptions { RawRepresentationFactory = _ => null });",
        "using IChatClient own = inner.AsBuilder().ConfigureOptions(o => o.MaxOutputTokens ??= 500).UseBudget(tracker).Build(); await own.GetResponseAsync(\"a\");",
        "using IChatClient own = inner.AsBuilder().UseBudget(Budget.Daily(\"own\", 1m) with { Enforcement = Enforcement.Observe }).Build(); await own.GetResponseAsync(\"a\");",
        "var watched = new CostTracker(Budget.Daily(\"own\", 1m) with { Enforcement = Enforcement.Warn }); await inner.AsBuilder().UseBudget(watched).Build().GetResponseAsync(\"a\");",
        "await inner.AsBuilder().UseRetry().Build().GetResponseAsync(\"a\");",
        "await inner.GetResponseAsync(\"a\");",
        "async Task Ask(IChatClient injected) => await injected.GetResponseAsync(\"a\"); await Ask(client);",
    ];

    [Theory, MemberData(nameof(Missing))]
    public async Task ACallWithoutALimitIsSuggested(string statements)
    {
        await Analysis.VerifyAsync(Given + statements);
        Assert.All(await Analysis.FindAsync(Analysis.Unmark(Given + statements).Source), one => Assert.Equal(DiagnosticSeverity.Info, one.Severity));
    }

    [Theory, MemberData(nameof(Set))]
    public Task ACallWithALimitOrWithoutABudgetIsNot(string statements) => Analysis.VerifyAsync(Given + statements);
}
