using System.Reflection;
using System.Text.RegularExpressions;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using NSubstitute;

namespace MeaiBudget.Tests;

/// <summary>Every rule of docs/pipeline-rules.md, and that the page has every rule.</summary>
public sealed partial class PipelineRulesTests : IDisposable
{
    private static readonly Budget Daily = Budget.Daily("day", 1m);

    private static readonly InMemorySpendLedger Shared = new();

    private readonly FakeLogCollector _log = new();
    private readonly ServiceProvider _services;

    public PipelineRulesTests() =>
        _services = new ServiceCollection().AddSingleton<ILoggerFactory>(new LoggerFactory([new FakeLoggerProvider(_log)])).BuildServiceProvider();

    /// <summary>Gets the wrong orders that throw, outermost layer first.</summary>
    public static TheoryData<string, Func<ChatClientBuilder, ChatClientBuilder>> WrongOrders => new()
    {
        { "MB001", pipeline => pipeline.UseBudget(Daily).UseFunctionInvocation() },
        { "MB001", pipeline => pipeline.UseBudget(Daily).UseOpenTelemetry().UseFunctionInvocation() },
        { "MB002", pipeline => pipeline.UseBudget(Daily).UseDistributedCache(Substitute.For<IDistributedCache>()) },
        { "MB003", pipeline => pipeline.UseRetry().UseFunctionInvocation() },
#pragma warning disable MEAI001 // The experimental client is what this rule is about.
        { "MB004", pipeline => pipeline.UseBudget(Daily).Use(inner => new OrderedFailoverChatClient([inner])) },
#pragma warning restore MEAI001
        { "MB005", pipeline => pipeline.UseFallback(new ScriptedChatClient()).UseFunctionInvocation() },
        { "MB006", pipeline => pipeline.UseFallback(new ScriptedChatClient()).UseBudget(Daily) },
        { "MB007", pipeline => pipeline.UseRedactedLogging().UseLogging() },
        { "MB007", pipeline => pipeline.UseRedactedLogging().UseBudget(Daily).UseRetry().UseLogging() },
        { "MB007", pipeline => pipeline.UseRedactedLogging().UseBudget(Daily).UseFallback(new ScriptedChatClient("other").AsBuilder().UseLogging(LoggerFactory.Create(_ => { })).Build()) },
        { "MB010", pipeline => pipeline.UseBudget(new CostTracker([Daily], ledger: Shared)).UseBudget(new CostTracker([Daily.PerTag("tenant")], ledger: Shared)) },
    };

    /// <summary>Gets orders that keep their promises.</summary>
    public static TheoryData<string, Func<ChatClientBuilder, ChatClientBuilder>> RightOrders => new()
    {
        {
            "recommended", pipeline => pipeline.UseDistributedCache(Substitute.For<IDistributedCache>()).UseFunctionInvocation()
                .UseRedactedLogging().UseTokenEstimation().UseBudget(Daily).UseRetry().UseFallback(new ScriptedChatClient("gpt-4.1"))
        },
        { "a tenant's budget around a shared pipeline", pipeline => pipeline.UseBudget(Daily).UseFunctionInvocation().UseBudget(Daily).UseFallback() },
        { "telemetry at the provider", pipeline => pipeline.UseRedactedLogging().UseBudget(Daily).UseOpenTelemetry() },
    };

    [Theory, MemberData(nameof(WrongOrders))]
    public void AWrongOrderThrowsWithItsRuleAndWhatToDo(string id, Func<ChatClientBuilder, ChatClientBuilder> build)
    {
        var builder = new ChatClientBuilder(new ScriptedChatClient("gpt-4.1"));
        PipelineException thrown = Assert.Throws<PipelineException>(() => build(builder).Build(_services));

        Assert.Equal(id, thrown.Id);
        Assert.StartsWith($"{id}: ", thrown.Message, StringComparison.Ordinal);
        Assert.EndsWith($"See docs/pipeline-rules.md#{id.ToLowerInvariant()}.", thrown.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(RightOrders))]
    public void ARightOrderIsBuiltWithoutAWord(string name, Func<ChatClientBuilder, ChatClientBuilder> build)
    {
        var builder = new ChatClientBuilder(new ScriptedChatClient("gpt-4.1", "openai"));
        using IChatClient client = build(builder).Build(_services);

        Assert.DoesNotContain(_log.GetSnapshot(), record => record.Level >= LogLevel.Warning && record.Message.StartsWith("MB", StringComparison.Ordinal));
        Assert.NotEmpty(name);
    }

    [Fact]
    public void AFallbackToASmallerWindowIsWarnedAboutOnceWithTheValueToSet()
    {
        var builder = new ChatClientBuilder(new ScriptedChatClient("gpt-4.1", "openai"));
        using IChatClient client = builder.UseFallback(new ScriptedChatClient("gpt-4o", "openai")).Build(_services);

        string warning = Assert.Single(_log.GetSnapshot(), record => record.Id.Name == "SmallerWindow").Message;
        Assert.StartsWith("MB009: the context window of route openai/gpt-4o is 128000 tokens, smaller than the 1047576 tokens of the primary route openai/gpt-4.1,", warning, StringComparison.Ordinal);
        Assert.Contains("ContextWindow = 128000", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void AnOllamaModelOfUnknownWindowIsWarnedAbout()
    {
        var builder = new ChatClientBuilder(new ScriptedChatClient("gpt-4.1", "openai"));
        using IChatClient client = builder.UseFallback(new ScriptedChatClient("llama3.2", "ollama")).Build(_services);

        Assert.StartsWith("MB009: ", Assert.Single(_log.GetSnapshot(), record => record.Id.Name == "UnknownWindow").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt-4o", "openai", 128_000L)]
    [InlineData("llama3.2", "ollama", 8_192L)]
    [InlineData("gpt-4.1-mini", "openai", null)]
    [InlineData("my-own", "openai", null)]
    public void AWindowThatIsStatedOrLargeEnoughIsNot(string model, string provider, long? window)
    {
        var builder = new ChatClientBuilder(new ScriptedChatClient("gpt-4.1", "openai"));
        using IChatClient client = builder.UseFallback([new ChatRoute("other", new ScriptedChatClient(model, provider)) { ContextWindow = window }]).Build(_services);

        Assert.DoesNotContain(_log.GetSnapshot(), record => record.Message.StartsWith("MB009", StringComparison.Ordinal));
    }

    [Fact]
    public void ThePageHasEveryRuleOnceInTheTableAndOnceAsAHeading()
    {
        string page = File.ReadAllText(Path.Combine(Root(), "docs", "pipeline-rules.md"));
        string[] rules = [.. typeof(PipelineRules).GetFields(BindingFlags.Static | BindingFlags.NonPublic)
            .Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!).Order(StringComparer.Ordinal)];

        Assert.Equal(rules, Heading().Matches(page).Select(match => match.Groups[1].Value));
        Assert.Equal(rules, TableRow().Matches(page).Select(match => match.Groups[1].Value));
        Assert.Equal([.. rules[..7], PipelineRules.TrackersOfOneName], WrongOrders.Select(row => row.Data.Item1).Distinct());
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task MB010_AnAlternateWhoseTrackerHasTheNameOfTheOneAboveIsNotSentTo(bool streaming)
    {
        var primary = new ScriptedChatClient("gpt-4.1", "openai") { Default = ScriptedReply.Throw(new HttpRequestException("down")) };
        var provider = new ScriptedChatClient("gpt-4.1", "openai") { Default = ScriptedReply.Text("hello") };
        using IChatClient alternate = new ChatClientBuilder(provider).UseBudget(new CostTracker([Daily.PerTag("tenant")], ledger: Shared)).Build();
        using IChatClient client = new ChatClientBuilder(primary).UseBudget(new CostTracker([Daily], ledger: Shared)).UseFallback(alternate).Build();

        Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => client.AskAsync(streaming, "hi"));

        Assert.Contains("MB010", thrown.ToString(), StringComparison.Ordinal);
        Assert.Single(primary.Calls);
        Assert.Empty(provider.Calls);
    }

    public void Dispose() => _services.Dispose();

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MeaiBudget.sln")))
        {
            folder = folder.Parent;
        }

        return folder!.FullName;
    }

    [GeneratedRegex(@"^## (MB\d{3})$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\| \[(MB\d{3})\]", RegexOptions.Multiline)]
    private static partial Regex TableRow();
}
