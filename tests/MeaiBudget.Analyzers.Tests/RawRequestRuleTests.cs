namespace MeaiBudget.Tests;

/// <summary>MB1021: a raw request is sent by a client whose requests are not read.</summary>
public sealed class RawRequestRuleTests
{
    private const string Given = """
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        var key = new ApiKeyCredential("k");
        var off = new ClientRetryPolicy(0);
        object raw = new();

        """;

    private const string Bare = "new OpenAIClient(key, new() { RetryPolicy = new ClientRetryPolicy(0) }).GetChatClient(\"m\").AsIChatClient().AsBuilder().UseBudget(tracker).Build()";

    private const string Wired = "new OpenAIClient(key, new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(0) }.AddChatWire()).GetChatClient(\"m\").AsIChatClient().AsBuilder().UseBudget(tracker).Build()";

    public static TheoryData<string> Unseen =>
    [
        $"await {Bare}.GetResponseAsync(\"a\", new ChatOptions {{ {{|MB1021:RawRepresentationFactory = _ => raw|}} }});",
        $"IChatClient client = {Bare}; ChatOptions options = new() {{ MaxOutputTokens = 1 }}; {{|MB1021:options.RawRepresentationFactory = client => raw|}}; await client.GetResponseAsync(\"a\", options);",
        $"IChatClient client = {Bare}; var options = new ChatOptions {{ {{|MB1021:RawRepresentationFactory = static _ => null|}} }}; await foreach (ChatResponseUpdate one in client.GetStreamingResponseAsync([], options)) {{ }}",
        "IChatClient client = new AnthropicClient { MaxRetries = 0 }.AsIChatClient(\"m\").AsBuilder().UseBudget(tracker).Build(); await client.GetResponseAsync([], new() { {|MB1021:RawRepresentationFactory = _ => raw|} });",
        "IChatClient client = new OllamaApiClient(\"http://localhost\", \"m\").WithOllamaProvider().AsBuilder().UseBudget(tracker).Build(); await client.GetResponseAsync([], new() { {|MB1021:RawRepresentationFactory = _ => raw|} });",

        // The client is injected, and the only one of the compilation is not read.
        $"new ServiceCollection().AddChatClient(new OpenAIClient(key, new() {{ RetryPolicy = new ClientRetryPolicy(0) }}).GetChatClient(\"m\").AsIChatClient()).UseBudget(); _ = new Page(null!); sealed class Page(IChatClient client) {{ public Task Ask() => client.GetResponseAsync(\"a\", new ChatOptions {{ {{|MB1021:RawRepresentationFactory = _ => null|}} }}); }}",
    ];

    public static TheoryData<string> Seen =>
    [
        $"await {Wired}.GetResponseAsync(\"a\", new ChatOptions {{ RawRepresentationFactory = _ => raw }});",
        $"await {Bare}.GetResponseAsync(\"a\", new ChatOptions {{ MaxOutputTokens = 1, RawRepresentationFactory = null }});",
        $"await {Bare}.GetResponseAsync(\"a\", new ChatOptions {{ MaxOutputTokens = 1 }});",
        "IChatClient client = new AnthropicClient { MaxRetries = 0 }.AddChatWire().AsIChatClient(\"m\").AsBuilder().UseBudget(tracker).Build(); await client.GetResponseAsync([], new() { RawRepresentationFactory = _ => raw });",
        "IChatClient client = new AnthropicClient { MaxRetries = 0, HttpClient = ChatWireHandler.CreateClient() }.AsIChatClient(\"m\").AsBuilder().UseBudget(tracker).Build(); await client.GetResponseAsync([], new() { RawRepresentationFactory = _ => raw });",
        "HttpClient http = ChatWireHandler.CreateClient(); IChatClient client = new OllamaApiClient(http, \"m\").WithOllamaProvider().AsBuilder().UseBudget(tracker).Build(); await client.GetResponseAsync([], new() { RawRepresentationFactory = _ => raw });",
        "IChatClient client = OpenAIChatClientFactory.Create(new() { ApiKey = \"k\", ModelId = \"m\" }).AsBuilder().UseBudget(tracker).Build(); await client.GetResponseAsync([], new() { RawRepresentationFactory = _ => raw });",

        // No budget is around the client, or nothing is known of it.
        "IChatClient client = new OpenAIClient(key).GetChatClient(\"m\").AsIChatClient(); await client.GetResponseAsync([], new() { RawRepresentationFactory = _ => raw });",
        "IChatClient client = null!; await client.GetResponseAsync([], new() { RawRepresentationFactory = _ => raw });",
        "var options = new OpenAIClientOptions { RetryPolicy = off, Transport = new HttpClientPipelineTransport() }; IChatClient client = new OpenAIClient(key, options).GetChatClient(\"m\").AsIChatClient().AsBuilder().UseBudget(tracker).Build(); await client.GetResponseAsync([], new() { RawRepresentationFactory = _ => raw });",
    ];

    [Theory, MemberData(nameof(Unseen))]
    public Task ARawRequestThatIsNotReadIsReported(string statements) => Analysis.VerifyAsync(Given + statements);

    [Theory, MemberData(nameof(Seen))]
    public Task OthersAreNot(string statements) => Analysis.VerifyAsync(Given + statements);
}
