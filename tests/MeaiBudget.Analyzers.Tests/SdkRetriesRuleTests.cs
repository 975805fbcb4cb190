namespace MeaiBudget.Tests;

/// <summary>MB1008: the retries of an SDK are on below a pipeline.</summary>
public sealed class SdkRetriesRuleTests
{
    private const string Given = """
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        var key = new ApiKeyCredential("k");

        """;

    public static TheoryData<string> On =>
    [
        "{|MB1008:new OpenAIClient(key)|}.GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();",
        "new ChatClientBuilder({|MB1008:new OpenAI.Chat.ChatClient(\"m\", \"key\")|}.AsIChatClient()).UseBudget(tracker).Build();",
        "{|MB1008:new OpenAIClient(key, new OpenAIClientOptions { Endpoint = new Uri(\"https://proxy\") })|}.GetChatClient(\"m\").AsIChatClient().AsBuilder().UseRetry().Build();",
        "{|MB1008:new OpenAIClient(key, new() { RetryPolicy = new ClientRetryPolicy() })|}.GetChatClient(\"m\").AsIChatClient().AsBuilder().UseRetry().Build();",
        "{|MB1008:new OpenAIClient(key, new() { RetryPolicy = new ClientRetryPolicy(2) })|}.GetChatClient(\"m\").AsIChatClient().AsBuilder().UseRetry().Build();",
        "OpenAIClient sdk = {|MB1008:new(key)|}; IChatClient client = sdk.GetChatClient(\"m\").AsIChatClient(); _ = client.AsBuilder().UseTokenEstimation().Build();",
        "var options = new OpenAIClientOptions(); options.AddChatWire(); var sdk = {|MB1008:new ResponsesClient(key, new ResponsesClientOptions())|}; sdk.AsIChatClient(\"m\").WithOpenAIProvider();",
        "{|MB1008:new AzureOpenAIClient(new Uri(\"https://a\"), key, new AzureOpenAIClientOptions())|}.GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider(deployments: null);",
        "{|MB1008:new AnthropicClient { ApiKey = \"k\" }|}.AsIChatClient(\"m\").WithAnthropicProvider();",
        "{|MB1008:new AnthropicClient { ApiKey = \"k\", MaxRetries = 3 }|}.AddChatWire().AsIChatClient(\"m\").WithAnthropicProvider();",
        "{|MB1008:new AnthropicClient(new Anthropic.Core.ClientOptions { ApiKey = \"k\" })|}.AsIChatClient(\"m\").WithAnthropicProvider();",
        "{|MB1008:new AnthropicClient { ApiKey = \"k\" }|}.Beta.AsIChatClient(\"m\").AsBuilder().UseBudget(tracker).Build();",
        "new ServiceCollection().AddChatClient(services => {|MB1008:new OpenAIClient(key)|}.GetChatClient(\"m\").AsIChatClient()).UseFunctionInvocation().UseBudget();",
        "new ServiceCollection().AddKeyedChatClient(\"x\", {|MB1008:new OpenAIClient(key)|}.GetChatClient(\"m\").AsIChatClient()).UseBudget();",
        "OpenAIProviderExtensions.WithOpenAIProvider(OpenAIClientExtensions.AsIChatClient({|MB1008:new OpenAIClient(key)|}.GetChatClient(\"m\")));",
        "IChatClient first = OllamaChatClientFactory.Create(new() { ModelId = \"m\" }); first.AsBuilder().UseBudget(tracker).UseFallback({|MB1008:new OpenAIClient(key)|}.GetChatClient(\"m\").AsIChatClient()).Build();",
        "_ = new ChatRoute(\"a\", {|MB1008:new OpenAIClient(key)|}.GetChatClient(\"m\").AsIChatClient());",
        "IChatClient Make() => {|MB1008:new OpenAIClient(key)|}.GetChatClient(\"m\").AsIChatClient(); Make().AsBuilder().UseBudget(tracker).Build();",
        "bool isLocal = tracker is null; IChatClient client = isLocal ? new OllamaApiClient(\"http://localhost\", \"m\") : {|MB1008:new OpenAIClient(key)|}.GetChatClient(\"m\").AsIChatClient(); client.AsBuilder().UseBudget(tracker!).Build();",
        "Func<Task<IChatClient>> make = async () => { await Task.Yield(); return {|MB1008:new OpenAIClient(key)|}.GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider(); };",
        "{|MB1008:new OpenAIClient(key)|}.GetEmbeddingClient(\"m\").AsIEmbeddingGenerator().WithOpenAIProvider();",
    ];

    public static TheoryData<string> Off =>
    [
        "new OpenAIClient(key, new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) }).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();",
        "new OpenAIClient(key, new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(0) }.AddChatWire()).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();",
        "var options = new OpenAIClientOptions(); options.RetryPolicy = new ClientRetryPolicy(0); new OpenAIClient(key, options.AddChatWire()).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();",
        "var options = new OpenAIClientOptions(); Configure(options); new OpenAIClient(key, options).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider(); static void Configure(OpenAIClientOptions o) => o.RetryPolicy = new ClientRetryPolicy(0);",
        "ClientRetryPolicy own = new(0); new OpenAIClient(key, new() { RetryPolicy = own }).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();",
        "void Use(OpenAIClientOptions options) => new OpenAIClient(key, options).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();",
        "new AnthropicClient { ApiKey = \"k\", MaxRetries = 0 }.AddChatWire().AsIChatClient(\"m\").WithAnthropicProvider();",
        "new AnthropicClient { ApiKey = \"k\" }.WithOptions(options => options with { MaxRetries = 0 }).AsIChatClient(\"m\").WithAnthropicProvider();",
        "new AnthropicClient(new Anthropic.Core.ClientOptions { ApiKey = \"k\", MaxRetries = 0 }).AsIChatClient(\"m\").WithAnthropicProvider();",
        "new OllamaApiClient(\"http://localhost\", \"m\").WithOllamaProvider();",

        // Not below a pipeline.
        "_ = new OpenAIClient(key).GetChatClient(\"m\").AsIChatClient();",
        "_ = new OpenAIClient(key).GetChatClient(\"m\").AsIChatClient().AsBuilder().UseFunctionInvocation().Build();",
        "var sdk = new OpenAIClient(key); await sdk.GetChatClient(\"m\").CompleteChatAsync(\"hello\");",
        "OpenAIChatClientFactory.Create(new() { ApiKey = \"k\", ModelId = \"m\" }).AsBuilder().UseBudget(tracker).Build();",
    ];

    [Theory, MemberData(nameof(On))]
    public Task RetriesThatAreOnAreReported(string statements) => Analysis.VerifyAsync(Given + statements);

    [Theory, MemberData(nameof(Off))]
    public Task OthersAreNot(string statements) => Analysis.VerifyAsync(Given + statements);

    [Fact]
    public Task AClientInAFieldIsFollowed() => Analysis.VerifyAsync("""
        internal sealed class Clients
        {
            private static readonly OpenAIClientOptions Quiet = new() { RetryPolicy = new ClientRetryPolicy(0) };
            private static readonly OpenAIClientOptions Loud = new() { OrganizationId = "o" };
            private static readonly OpenAIClient Sdk = {|MB1008:new(new ApiKeyCredential("k"))|};
            private readonly AnthropicClient _anthropic;

            public Clients() => _anthropic = {|MB1008:new AnthropicClient()|};

            public IChatClient OpenAi() => Sdk.GetChatClient("m").AsIChatClient().WithOpenAIProvider();

            public IChatClient Silent() => new OpenAIClient(new ApiKeyCredential("k"), Quiet).GetChatClient("m").AsIChatClient().WithOpenAIProvider();

            public IChatClient Repeating() => {|MB1008:new OpenAIClient(new ApiKeyCredential("k"), Loud)|}.GetChatClient("m").AsIChatClient().WithOpenAIProvider();

            public IChatClient Claude() => _anthropic.AsIChatClient("m").WithAnthropicProvider();
        }
        """);
}
