namespace MeaiBudget.Tests;

/// <summary>MB1001 to MB1010: orders of layers that building the pipeline rejects.</summary>
public sealed class OrderRuleTests
{
    private const string Given = """
        IChatClient openAi = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1" });
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        IDistributedCache cache = null!;

        """;

    public static TheoryData<string> Wrong =>
    [
        "new ChatClientBuilder(openAi).{|MB1001:UseBudget(tracker)|}.UseFunctionInvocation().Build();",
        "openAi.AsBuilder().{|MB1001:UseBudget(tracker)|}.UseOpenTelemetry().UseFunctionInvocation().Build();",
        "new ChatClientBuilder(openAi).{|MB1002:UseBudget(tracker)|}.UseDistributedCache(cache).Build();",
        "new ChatClientBuilder(openAi).{|MB1003:UseRetry()|}.UseFunctionInvocation().Build();",
        "new ChatClientBuilder(openAi).UseBudget(tracker).{|MB1003:UseRetry()|}.UseFunctionInvocation().Build();",
        "new ChatClientBuilder(openAi).{|MB1004:UseBudget(tracker)|}.Use(inner => new OrderedFailoverChatClient([inner])).Build();",
        "new ChatClientBuilder(new OrderedFailoverChatClient([openAi])).{|MB1004:UseBudget(tracker)|}.Build();",
        "new ChatClientBuilder(openAi).{|MB1005:UseFallback(new ScriptedChatClient())|}.UseFunctionInvocation().Build();",
        "new ChatClientBuilder(openAi).UseFallback({|MB1006:openAi|}).UseBudget(tracker).Build();",
        "new ChatClientBuilder(openAi).UseFallback([new ChatRoute(\"other\", {|MB1006:OpenAIChatClientFactory.Create(new() { ApiKey = \"k\", ModelId = \"gpt-4.1\" })|})]).UseBudget(tracker).Build();",
        "new ChatClientBuilder(openAi).UseRedactedLogging().UseBudget(tracker).{|MB1007:UseLogging()|}.Build();",
        "new ChatClientBuilder(openAi).UseBudget(tracker).{|MB1010:UseBudget(tracker)|}.Build();",

        // Static calls, builders in variables, aliases, assignments, conditions.
        "MeaiBudgetBuilderExtensions.UseRetry(new ChatClientBuilder(openAi).UseTokenEstimation()).Build(); MeaiBudgetBuilderExtensions.{|MB1001:UseBudget(new ChatClientBuilder(openAi), tracker)|}.UseFunctionInvocation().Build();",
        "FunctionInvokingChatClientBuilderExtensions.UseFunctionInvocation(MeaiBudgetBuilderExtensions.{|MB1001:UseBudget(new ChatClientBuilder(openAi), tracker)|}).Build();",
        "var builder = new ChatClientBuilder(openAi); builder.{|MB1001:UseBudget(tracker)|}; builder.UseFunctionInvocation(); IChatClient client = builder.Build();",
        "ChatClientBuilder builder = new(openAi); ChatClientBuilder alias = builder; alias.{|MB1001:UseBudget(tracker)|}; builder.UseFunctionInvocation(); _ = alias.Build();",
        "var builder = openAi.AsBuilder().{|MB1001:UseBudget(tracker)|}; builder = builder.UseFunctionInvocation(); _ = builder.Build();",
        "var builder = new ChatClientBuilder(openAi); builder.{|MB1002:UseBudget(tracker)|}; if (cache is not null) { builder.UseDistributedCache(cache); } _ = builder.Build();",
        "var builder = new ChatClientBuilder(openAi).Use((inner, services) => inner); builder.{|MB1001:UseBudget(tracker)|}.Use(inner => new LoggingChatClient(inner, null!)).UseFunctionInvocation().Build();",

        // Registrations, lambdas that are asynchronous, keyed services.
        "new ServiceCollection().AddChatClient(openAi).{|MB1001:UseBudget()|}.UseFunctionInvocation();",
        "new ServiceCollection().AddChatClient(services => OllamaChatClientFactory.Create(new() { ModelId = \"llama3.2\" })).{|MB1003:UseRetry()|}.UseFunctionInvocation();",
        "new ServiceCollection().AddKeyedChatClient(\"fast\", openAi).{|MB1002:UseBudget()|}.UseDistributedCache();",
        "Func<Task<IChatClient>> make = async () => { await Task.Yield(); return new ChatClientBuilder(openAi).{|MB1001:UseBudget(tracker)|}.UseFunctionInvocation().Build(); };",

        // Generators of embeddings.
        "IEmbeddingGenerator<string, Embedding<float>> generator = null!; generator.AsBuilder().{|MB1002:UseBudget(tracker)|}.UseDistributedCache(cache).Build();",
    ];

    public static TheoryData<string> Right =>
    [
        "new ChatClientBuilder(openAi).UseDistributedCache(cache).UseFunctionInvocation().UseRedactedLogging().UseTokenEstimation().UseBudget(tracker).UseRetry().UseFallback(openAi).Build();",

        // An outer layer only contributes if a layer of ours is below it.
        "new ChatClientBuilder(openAi).UseBudget(tracker).UseFunctionInvocation().UseTokenEstimation().Build();",
        "IChatClient shared = new ChatClientBuilder(openAi).UseBudget(tracker).Build(); IChatClient tenant = shared.AsBuilder().UseBudget(Budget.Daily(\"tenant\", 1m)).UseFunctionInvocation().Build();",
        "IServiceProvider services = null!; services.GetRequiredKeyedService<IChatClient>(\"shared\").AsBuilder().UseBudget(tracker).UseFunctionInvocation().Build();",
        "new ServiceCollection().AddKeyedChatClient(\"tenant\", services => services.GetRequiredService<IChatClient>()).UseBudget(tracker).UseFunctionInvocation();",

        "new ChatClientBuilder(openAi.AsBuilder().Build()).UseBudget(tracker).UseRetry().Build();",

        // Branches of which one runs, extensions that may add layers, builders that are passed on.
        "var builder = new ChatClientBuilder(openAi); if (cache is null) { builder.UseBudget(tracker); } else { builder.UseFunctionInvocation(); } _ = builder.Build();",
        "var builder = new ChatClientBuilder(openAi).UseBudget(tracker).UseFunctionInvocation(); Finish(builder); _ = builder.Build(); static void Finish(ChatClientBuilder open) => open.UseRetry();",
        "var builder = new ChatClientBuilder(openAi).UseBudget(tracker).UseFunctionInvocation(); Action finish = () => builder.UseRetry(); finish(); _ = builder.Build();",
        "_ = Make(); ChatClientBuilder Make() => new ChatClientBuilder(openAi).UseBudget(tracker).UseFunctionInvocation();",
        "new ChatClientBuilder(openAi).UseBudget(tracker).UseFunctionInvocation().Use(inner => inner.AsBuilder().UseRetry().Build()).Build();",

        // Two pipelines, and layers of the same names of others.
        "new ChatClientBuilder(openAi).UseFunctionInvocation().UseBudget(tracker).Build(); new ChatClientBuilder(openAi).UseFunctionInvocation().UseRetry().Build();",
        "new ChatClientBuilder(new ChatClientBuilder(openAi).UseFunctionInvocation().UseBudget(tracker).Build()).UseLogging().UseRedactedLogging().Build();",
        "new ChatClientBuilder(openAi).UseBudget(tracker).UseBudget(Budget.Daily(\"other\", 1m)).Build();",
        "new ChatClientBuilder(openAi).UseBudget(tracker).UseFallback(openAi).Build();",
        "new ChatClientBuilder(openAi).UseFallback([new ChatRoute(\"local\", openAi) { IsLocal = true }]).UseBudget(tracker).Build();",
        "new ChatClientBuilder(openAi).UseFallback([new ChatRoute(\"other\", openAi)], options => options.AllowUnbudgetedAlternates = true).UseBudget(tracker).Build();",
        "new ChatClientBuilder(openAi).UseFallback(openAi.AsBuilder().UseBudget(Budget.Daily(\"b\", 1m)).Build()).UseBudget(tracker).Build();",
        "new ChatClientBuilder(openAi).UseFallback(new ScriptedChatClient()).UseBudget(tracker).Build();",
    ];

    [Theory, MemberData(nameof(Wrong))]
    public Task AWrongOrderIsReported(string statements) => Analysis.VerifyAsync(Given + statements);

    [Theory, MemberData(nameof(Right))]
    public Task ARightOrderIsNot(string statements) => Analysis.VerifyAsync(Given + statements);

    [Fact]
    public Task GeneratedCodeIsNotLookedAt() => Analysis.VerifyAsync(
        "// <auto-generated/>\n" + Given + "new ChatClientBuilder(openAi).UseBudget(tracker).UseFunctionInvocation().Build();", fileName: "Program.g.cs");

    [Fact]
    public Task ABuilderInAFieldOrAPropertyIsFollowed() => Analysis.VerifyAsync("""
        using Pipe = Microsoft.Extensions.AI.ChatClientBuilder;

        public partial class Clients(IChatClient openAi, CostTracker tracker)
        {
            public IChatClient Right => new Pipe(openAi).UseFunctionInvocation().UseBudget(tracker).Build();

            public IChatClient Wrong { get; } = new Pipe(openAi).{|MB1001:UseBudget(tracker)|}.UseFunctionInvocation().Build();

            private class Nested
            {
                public static IChatClient Make(IChatClient client) => client.AsBuilder().{|MB1003:UseRetry()|}.UseFunctionInvocation().Build();
            }
        }
        """);

    [Fact]
    public Task AnExtensionThatAddsLayersToABuilderIsNotReported() => Analysis.VerifyAsync("""
        public static class Defaults
        {
            public static ChatClientBuilder UseDefaults(this ChatClientBuilder builder, CostTracker tracker) => builder.UseBudget(tracker).UseFunctionInvocation();

            public static IChatClient Make(IChatClient client, CostTracker tracker) => client.AsBuilder().UseBudget(tracker).UseFunctionInvocation().UseDefaults(tracker).Build();
        }
        """);
}
