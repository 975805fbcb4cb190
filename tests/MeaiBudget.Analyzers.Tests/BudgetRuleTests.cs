namespace MeaiBudget.Tests;

/// <summary>MB1011: a client is used or registered without a budget, where an attribute or a line of .editorconfig requires one.</summary>
public sealed class BudgetRuleTests
{
    private const string Required = "meaibudget.require_budget = true";

    private const string Given = """
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        var key = new ApiKeyCredential("k");
        IServiceCollection services = new ServiceCollection();

        """;

    private const string OpenAi = "Create(new() { ApiKey = \"k\", ModelId = \"gpt-4.1\" })";

    public static TheoryData<string> Without =>
    [
        $"await OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}.GetResponseAsync(\"hello\");",
        $"using IChatClient client = OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}; await client.GetResponseAsync(\"hello\");",
        $"IChatClient client = AnthropicChatClientFactory.{{|MB1011:{OpenAi}|}}; await foreach (ChatResponseUpdate one in client.GetStreamingResponseAsync(\"hello\")) {{ }}",
        "IChatClient client = new OpenAIClient(key, new() { RetryPolicy = new ClientRetryPolicy(0) }).GetChatClient(\"m\").{|MB1011:AsIChatClient()|}.WithOpenAIProvider(); await client.GetResponseAsync([]);",
        "await new AnthropicClient().{|MB1011:AsIChatClient(\"m\")|}.GetResponseAsync(\"hello\");",
        "IChatClient client = {|MB1011:new OllamaApiClient(\"http://localhost\", \"m\")|}; await client.GetResponseAsync(\"hello\");",
        "await ChatClientExtensions.GetResponseAsync(new OpenAIClient(key).GetChatClient(\"m\").{|MB1011:AsIChatClient()|}, \"hello\");",
        "await new OpenAIClient(key).{|MB1011:GetChatClient(\"m\")|}.CompleteChatAsync(\"hello\");",
        "var chat = {|MB1011:new OpenAI.Chat.ChatClient(\"m\", \"key\")|}; chat.CompleteChat(\"hello\");",

        // A pipeline without a budget.
        $"await OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}.AsBuilder().UseFunctionInvocation().Build().GetResponseAsync(\"hello\");",
        $"var builder = new ChatClientBuilder(OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}); builder.UseRetry(); _ = builder.Build();",

        // Registrations.
        $"services.AddChatClient(OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}).UseFunctionInvocation();",
        $"services.AddChatClient(provider => OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}});",
        $"services.AddKeyedChatClient(\"fast\", OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}});",
        $"services.AddSingleton(OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}});",
        $"services.AddSingleton<IChatClient>(provider => OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}});",
        $"services.AddKeyedScoped<IChatClient>(\"raw\", (provider, name) => {{ return OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}; }});",

        // An agent calls its client.
        $"var agent = new Microsoft.Agents.AI.ChatClientAgent(OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}});",

        $"IChatClient client = DateTime.Now.Day switch {{ 1 => OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}, _ => AnthropicChatClientFactory.{{|MB1011:{OpenAi}|}} }}; await client.GetResponseAsync(\"hello\");",

        // Both ways: with a budget, and around it.
        $"IChatClient raw = OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}; IChatClient good = raw.AsBuilder().UseBudget(tracker).Build(); await raw.GetResponseAsync(\"hello\");",
        $"IChatClient Make() => OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}; await Make().GetResponseAsync(\"hello\");",
        $"Func<Task> ask = async () => {{ IChatClient client = OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}; await client.GetResponseAsync(\"hello\"); }};",
        $"IChatClient? client = null; client ??= OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}; await client.GetResponseAsync(\"hello\");",
    ];

    public static TheoryData<string> With =>
    [
        $"await OpenAIChatClientFactory.{OpenAi}.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"hello\");",
        $"using IChatClient client = OpenAIChatClientFactory.{OpenAi}; IChatClient good = new ChatClientBuilder(client).UseFunctionInvocation().UseBudget(tracker).Build(); await good.GetResponseAsync(\"hello\"); client.GetService<IChatTokenCounter>();",
        "IChatClient client = new OpenAIClient(key).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider().AsBuilder().UseBudget(tracker).Build(); await client.GetResponseAsync([]);",
        $"services.AddChatClient(OpenAIChatClientFactory.{OpenAi}).UseFunctionInvocation().UseBudget();",
        $"services.AddKeyedChatClient(\"fast\", provider => OpenAIChatClientFactory.{OpenAi}).UseBudget(tracker);",
        $"ChatClientBuilder registered = services.AddChatClient(OpenAIChatClientFactory.{OpenAi}); registered.UseBudget();",
        $"_ = new ChatClientBuilder(OpenAIChatClientFactory.{OpenAi}).UseBudget(tracker).UseFallback(AnthropicChatClientFactory.{OpenAi}, OllamaChatClientFactory.Create(new() {{ ModelId = \"m\" }})).Build();",
        $"_ = new ChatRoute(\"other\", OpenAIChatClientFactory.{OpenAi});",
        $"IChatClient made = Add(OpenAIChatClientFactory.{OpenAi}); await made.GetResponseAsync(\"hello\"); IChatClient Add(IChatClient inner) => inner.AsBuilder().UseBudget(tracker).Build();",
        $"MeaiBudgetBuilderExtensions.UseBudget(ChatClientBuilderChatClientExtensions.AsBuilder(OpenAIChatClientFactory.{OpenAi}), tracker).Build();",
        $"var builder = new ChatClientBuilder(OpenAIChatClientFactory.{OpenAi}); Finish(builder); _ = builder.Build(); static void Finish(ChatClientBuilder open) => open.UseBudget();",
        "IChatClient injected = null!; await injected.GetResponseAsync(\"hello\");",
        "var sdk = new OpenAIClient(key); var chat = sdk.GetChatClient(\"m\");",
        "services.AddSingleton(new OpenAIClient(key).GetChatClient(\"m\")); services.AddChatClient(provider => provider.GetRequiredService<OpenAI.Chat.ChatClient>().AsIChatClient()).UseBudget();",
        $"services.AddSingleton<IChatClient>(provider => new ChatClientBuilder(OpenAIChatClientFactory.{OpenAi}).UseBudget(tracker).Build(provider));",
        $"services.AddKeyedSingleton<IChatClient>(\"a\", (provider, name) => {{ var inner = OpenAIChatClientFactory.{OpenAi}; return inner.AsBuilder().UseRetry().UseBudget(tracker).Build(); }});",
    ];

    [Theory, MemberData(nameof(Without))]
    public async Task AUseWithoutABudgetIsReportedWhereOneIsRequired(string statements)
    {
        await Analysis.VerifyAsync(Given + statements, Required);

        (string source, _) = Analysis.Unmark(Given + statements);
        Assert.DoesNotContain(await Analysis.FindAsync(source), one => one.Id == "MB1011");
        Assert.DoesNotContain(await Analysis.FindAsync(source, "meaibudget.require_budget = false"), one => one.Id == "MB1011");
    }

    [Theory, MemberData(nameof(With))]
    public async Task AUseWithABudgetIsNot(string statements) =>
        Assert.DoesNotContain(await Analysis.FindAsync(Given + statements, Required), one => one.Id == "MB1011");

    [Theory]
    [InlineData("[assembly: RequireBudget]", "", true)]
    [InlineData("", "[RequireBudget]", true)]
    [InlineData("[assembly: RequireBudget]", "[RequireBudget(false)]", false)]
    [InlineData("[assembly: RequireBudget(isRequired: false)]", "[RequireBudget(true)]", true)]
    [InlineData("", "", false)]
    public async Task AnAttributeOfTheTypeOrTheAssemblyRequiresABudget(string assembly, string type, bool isReported)
    {
        string source = $$"""
            {{assembly}}

            {{type}}
            internal sealed class Page
            {
                private readonly IChatClient _client = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1" });

                public async Task<string> AskAsync() => (await _client.GetResponseAsync("hello")).Text;

                private sealed class Part
                {
                    public Task<ChatResponse> AskAsync() => AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = "m" }).GetResponseAsync("hello");
                }
            }
            """;

        Assert.Equal(isReported ? 2 : 0, (await Analysis.FindAsync(source)).Count(one => one.Id == "MB1011"));
    }

    [Fact]
    public async Task TheMessageSaysWhatToDo()
    {
        string message = Assert.Single(await Analysis.FindAsync($"await OpenAIChatClientFactory.{OpenAi}.GetResponseAsync(\"hello\");", Required), one => one.Id == "MB1011")
            .GetMessage(System.Globalization.CultureInfo.InvariantCulture);

        Assert.Equal("The client of OpenAI is used without a budget, which this code requires. Call it through a pipeline: new ChatClientBuilder(client).UseBudget(tracker).Build().", message);
    }
}
