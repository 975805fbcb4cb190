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

        // Through delegates, lazy values, methods and collections.
        $"Func<IChatClient> make = () => OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}; await make().GetResponseAsync(\"hello\");",
        $"var lazy = new Lazy<IChatClient>(() => OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}); await lazy.Value.GetResponseAsync(\"hello\");",
        $"services.AddSingleton<Func<IChatClient>>(provider => () => OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}});",
        $"services.AddSingleton<IChatClient>(Make); static IChatClient Make(IServiceProvider provider) => OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}};",
        $"services.AddChatClient(Make).UseRetry(); static IChatClient Make(IServiceProvider provider) => OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}};",
        $"Func<IServiceProvider, IChatClient> make = provider => OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}; services.AddScoped(make);",
        $"await Ask(OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}); static Task<ChatResponse> Ask(IChatClient asked) => asked.GetResponseAsync(\"hello\");",
        $"await Ask(OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}); static Task<ChatResponse> Ask<T>(T asked) where T : IChatClient => asked.GetResponseAsync([]);",
        $"IChatClient[] all = [OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}]; await all[0].GetResponseAsync(\"hello\");",
        $"foreach (IChatClient one in new[] {{ OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}} }}) {{ await one.GetResponseAsync(\"hello\"); }}",
        $"var named = new Dictionary<string, IChatClient> {{ [\"a\"] = OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}} }}; await named[\"a\"].GetResponseAsync(\"hello\");",
        $"var named = new Dictionary<string, IChatClient> {{ {{ \"a\", OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}} }} }}; await named[\"a\"].GetResponseAsync(\"hello\");",
        $"var list = new List<IChatClient>(); list.Add(OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}); foreach (IChatClient one in list) {{ await one.GetResponseAsync(\"hello\"); }}",
        $"var named = new Dictionary<string, IChatClient>(); named[\"a\"] = OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}; await named[\"a\"].GetResponseAsync(\"hello\");",
        $"IChatClient client = await Task.FromResult<IChatClient>(OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}); await client.GetResponseAsync(\"hello\");",
        $"object kept = OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}; await ((IChatClient)kept).GetResponseAsync(\"hello\");",
        $"if (OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}} is {{ }} client) {{ await client.GetResponseAsync(\"hello\"); }}",
        $"IChatClient client = new FunctionInvokingChatClient(OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}); await client.GetResponseAsync(\"hello\");",
        $"(IChatClient client, int number) = (OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}, 1); await client.GetResponseAsync(number.ToString());",
        $"var named = new Dictionary<string, IChatClient> {{ {{ \"a\", OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}} }} }}; if (named.TryGetValue(\"a\", out IChatClient? client)) {{ await client.GetResponseAsync(\"hello\"); }}",
        $"await Run(asked => asked.GetResponseAsync(\"hello\")); Task Run(Func<IChatClient, Task> ask) => ask(OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}});",

        $"IReadOnlyList<IChatClient> many = new List<IChatClient> {{ OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}} }}; await many[^1].GetResponseAsync(\"hello\");",
        $"List<IChatClient> many = [OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}]; await many.Where(one => one is not null).First().GetResponseAsync(\"hello\");",
        $"var pair = (Fast: OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}, Slow: OpenAIChatClientFactory.{OpenAi}); await pair.Fast.GetResponseAsync(\"hello\");",
        $"IChatClient client = OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}; Func<IEnumerable<ChatMessage>, ChatOptions?, CancellationToken, Task<ChatResponse>> ask = client.GetResponseAsync; await ask([], null, default);",
        $"new Wrapped(OpenAIChatClientFactory.{{|MB1011:{OpenAi}|}}).GetResponseAsync([]).Wait(); sealed class Wrapped(IChatClient inner) : DelegatingChatClient(inner);",

        // The SDKs without an adapter, and what is no chat.
        "await new OpenAIClient(key).{|MB1011:GetEmbeddingClient(\"m\")|}.GenerateEmbeddingAsync(\"text\");",
        "var generator = new OpenAIClient(key).GetEmbeddingClient(\"m\").{|MB1011:AsIEmbeddingGenerator()|}; await generator.GenerateAsync([\"text\"]);",
        "await new OpenAIClient(key).GetEmbeddingClient(\"m\").{|MB1011:AsIEmbeddingGenerator()|}.GenerateVectorAsync(\"text\");",
        "services.AddEmbeddingGenerator(new OpenAIClient(key).GetEmbeddingClient(\"m\").{|MB1011:AsIEmbeddingGenerator()|}).UseLogging();",
        "await new OpenAIClient(key).{|MB1011:GetImageClient(\"m\")|}.GenerateImageAsync(\"a cat\");",
        "await new OpenAIClient(key).{|MB1011:GetAudioClient(\"m\")|}.TranscribeAudioAsync(\"speech.mp3\");",
        "await new OpenAIClient(key).GetImageClient(\"m\").{|MB1011:AsIImageGenerator()|}.GenerateAsync(new ImageGenerationRequest(\"a cat\"), null);",
        "var anthropic = {|MB1011:new AnthropicClient()|}; await anthropic.Messages.Create(null!);",
        "var ollama = {|MB1011:new OllamaApiClient(\"http://localhost\", \"m\")|}; await ollama.EmbedAsync(null!);",
        "await {|MB1011:new Vendor.VendorChatClient(\"key\")|}.GetResponseAsync(\"hello\");",
        "services.{|MB1011:AddSingleton<IChatClient, Vendor.VendorChatClient>()|};",

        // Requests that are written by hand.
        "await new HttpClient().{|MB1011:PostAsync(\"https://api.openai.com/v1/chat/completions\", null)|};",
        "using var http = new HttpClient { BaseAddress = new Uri(\"https://api.anthropic.com\") }; await http.{|MB1011:PostAsync(\"v1/messages\", null)|};",
        "using var http = new HttpClient(); await http.SendAsync({|MB1011:new HttpRequestMessage(HttpMethod.Post, \"https://openrouter.ai/api/v1/chat/completions\")|});",
        "using var http = new HttpClient(); var request = {|MB1011:new HttpRequestMessage { Method = HttpMethod.Post, RequestUri = new Uri(\"https://api.openai.com/v1/responses\") }|}; await http.SendAsync(request);",
        "const string host = \"https://generativelanguage.googleapis.com\"; var model = key.ToString(); await new HttpClient().{|MB1011:PostAsync($\"{host}/v1beta/models/{model}:generateContent\", null)|};",
        "IHttpClientFactory factory = null!; await System.Net.Http.Json.HttpClientJsonExtensions.{|MB1011:PostAsJsonAsync(factory.CreateClient(\"openai\"), \"chat/completions\", new { })|};",
        "using var http = new HttpClient(); var request = new HttpRequestMessage(); request.Method = HttpMethod.Post; {|MB1011:request.RequestUri = new Uri(\"https://api.openai.com/v1/embeddings\")|}; await http.SendAsync(request);",
        "var url = new Uri(\"https://name.openai.azure.com/openai/deployments/d/completions?api-version=1\"); await new HttpClient().{|MB1011:PostAsync(url, null)|};",
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
        $"Wrap(OpenAIChatClientFactory.{OpenAi}.AsBuilder()).Build(); ChatClientBuilder Wrap(ChatClientBuilder open) => open.UseBudget(tracker);",
        $"Add(services).UseBudget(); static ChatClientBuilder Add(IServiceCollection to) => to.AddChatClient(OpenAIChatClientFactory.{OpenAi});",
        $"new Guarded(OpenAIChatClientFactory.{OpenAi}).GetResponseAsync([]).Wait(); sealed class Guarded(IChatClient inner) : DelegatingChatClient(inner.AsBuilder().UseBudget(Budget.Daily(\"a\", 1m)).Build());",
        "IChatClient injected = null!; await injected.GetResponseAsync(\"hello\");",
        "var sdk = new OpenAIClient(key); var chat = sdk.GetChatClient(\"m\");",
        "services.AddSingleton(new OpenAIClient(key).GetChatClient(\"m\")); services.AddChatClient(provider => provider.GetRequiredService<OpenAI.Chat.ChatClient>().AsIChatClient()).UseBudget();",
        $"services.AddSingleton<IChatClient>(provider => new ChatClientBuilder(OpenAIChatClientFactory.{OpenAi}).UseBudget(tracker).Build(provider));",
        $"services.AddKeyedSingleton<IChatClient>(\"a\", (provider, name) => {{ var inner = OpenAIChatClientFactory.{OpenAi}; return inner.AsBuilder().UseRetry().UseBudget(tracker).Build(); }});",

        $"IChatClient good = (await Make()).AsBuilder().UseBudget(tracker).Build(); await good.GetResponseAsync(\"hello\"); static Task<IChatClient> Make() => Task.FromResult<IChatClient>(OpenAIChatClientFactory.{OpenAi});",
        $"var list = new List<IChatClient>(); list.Add(OpenAIChatClientFactory.{OpenAi}); await list[0].AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"hello\");",
        $"IChatClient raw = OpenAIChatClientFactory.{OpenAi}; Console.WriteLine(raw); ArgumentNullException.ThrowIfNull(raw); GC.KeepAlive(raw); IChatClient? other = null; Interlocked.Exchange(ref other, raw); await raw.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"hello\");",
        $"Func<IChatClient> make = () => OpenAIChatClientFactory.{OpenAi}; await make().AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"hello\");",
        $"services.AddChatClient(Make).UseBudget(); static IChatClient Make(IServiceProvider provider) => OpenAIChatClientFactory.{OpenAi};",
        $"var lazy = new Lazy<IChatClient>(() => OpenAIChatClientFactory.{OpenAi}.AsBuilder().UseBudget(tracker).Build()); await lazy.Value.GetResponseAsync(\"hello\");",
        $"await Ask(OpenAIChatClientFactory.{OpenAi}); Task<ChatResponse> Ask(IChatClient asked) => asked.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"hello\");",
        $"IChatClient client = new FunctionInvokingChatClient(OpenAIChatClientFactory.{OpenAi}); await client.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"hello\");",
        $"IChatClient raw = OpenAIChatClientFactory.{OpenAi}; var metadata = raw.GetService<ChatClientMetadata>(); raw.GetRequiredService<ChatClientMetadata>(); raw.Dispose();",
        "await new OpenAIClient(key).GetEmbeddingClient(\"m\").AsIEmbeddingGenerator().AsBuilder().UseBudget(tracker).Build().GenerateAsync([\"text\"]);",
        "services.AddEmbeddingGenerator(new OpenAIClient(key).GetEmbeddingClient(\"m\").AsIEmbeddingGenerator()).UseBudget(tracker);",
        "await new OpenAIClient(key).GetImageClient(\"m\").AsIImageGenerator().AsBuilder().UseBudget(tracker).Build().GenerateAsync(new ImageGenerationRequest(\"a cat\"), null);",
        "await new OpenAIClient(key).GetModerationClient(\"m\").ClassifyTextAsync(\"text\"); await new OpenAIClient(key).GetOpenAIModelClient().GetModelsAsync();",
        "await new AnthropicClient().AsIChatClient(\"m\").AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"hello\");",
        "await new AnthropicClient().Messages.CountTokens(null!);",
        "await new Vendor.VendorChatClient(\"key\").AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"hello\");",
        "services.AddSingleton<IChatClient, ScriptedChatClient>();",
        "await new HttpClient().GetAsync(\"https://api.openai.com/v1/models\");",
        "await new HttpClient().PostAsync(\"https://example.com/v1/messages\", null); await new HttpClient().PostAsync(\"v1/messages\", null);",
        "using var http = new HttpClient(); await http.SendAsync(new HttpRequestMessage(HttpMethod.Get, \"https://api.openai.com/v1/models\")); await http.SendAsync(new HttpRequestMessage { RequestUri = new Uri(\"https://api.openai.com/v1/models\") });",
        "using var http = new HttpClient { BaseAddress = new Uri(\"https://api.openai.com\") }; using var own = new HttpClient { BaseAddress = new Uri(\"https://example.com\") }; await own.PostAsync(\"v1/messages\", null);",
        "IChatClient client = new OpenAIClient(key, new() { Endpoint = new Uri(\"https://api.openai.com/v1\") }).GetChatClient(\"m\").AsIChatClient().AsBuilder().UseBudget(tracker).Build(); await client.GetResponseAsync(\"hello\");",
        "await new HttpClient().PostAsync(\"https://api.openai.com/v1/chat/completions\", null); await tracker.SpendAsync(\"gpt-4.1\", 100, 10);",
        $"(IChatClient client, int number) = (OpenAIChatClientFactory.{OpenAi}, 1); await client.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(number.ToString());",
        $"await Run(asked => asked.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"hello\")); Task Run(Func<IChatClient, Task> ask) => ask(OpenAIChatClientFactory.{OpenAi});",
        "var request = new HttpRequestMessage(); request.RequestUri = new Uri(\"https://api.openai.com/v1/models\"); await new HttpClient().SendAsync(request);",
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

    [Theory]
    [InlineData("using static MeaiBudget.OpenAIChatClientFactory;", "{|MB1011:Create(new() { ApiKey = \"k\", ModelId = \"m\" })|}")]
    [InlineData("using Made = MeaiBudget.OpenAIChatClientFactory;", "Made.{|MB1011:Create(new() { ApiKey = \"k\", ModelId = \"m\" })|}")]
    [InlineData("using Sdk = OpenAI.OpenAIClient;", "new Sdk(\"k\").GetChatClient(\"m\").{|MB1011:AsIChatClient()|}")]
    [InlineData("using static Microsoft.Extensions.AI.OpenAIClientExtensions;", "new OpenAIClient(\"k\").GetChatClient(\"m\").{|MB1011:AsIChatClient()|}")]
    public Task AnotherNameForATypeHidesNothing(string directive, string client) => Analysis.VerifyAsync(
        directive + "\n" + $$"""
            internal sealed class Page
            {
                private readonly IChatClient _client = {{client}};

                public Task<ChatResponse> AskAsync() => _client.GetResponseAsync("hello");
            }
            """,
        Required);

    [Theory]
    [InlineData("private readonly OpenAIClient _sdk = new(\"k\"); public Task AskAsync() => _sdk.{|MB1011:GetChatClient(\"m\")|}.CompleteChatAsync(\"hello\");")]
    [InlineData("private readonly OpenAIClient _sdk; public Page(string k) => _sdk = new(k); public Task AskAsync() => _sdk.GetChatClient(\"m\").{|MB1011:AsIChatClient()|}.GetResponseAsync(\"hello\");")]
    [InlineData("private readonly OpenAI.Chat.ChatClient _chat = new OpenAIClient(\"k\").{|MB1011:GetChatClient(\"m\")|}; public Task AskAsync() => _chat.CompleteChatAsync(\"hello\");")]
    [InlineData("private static readonly Lazy<IChatClient> Shared = new(() => new AnthropicClient().{|MB1011:AsIChatClient(\"m\")|}); public Task AskAsync() => Shared.Value.GetResponseAsync(\"hello\");")]
    [InlineData("private IChatClient Client => field ??= new AnthropicClient().{|MB1011:AsIChatClient(\"m\")|}; public Task AskAsync() => Client.GetResponseAsync(\"hello\");")]
    [InlineData("private static IChatClient Make(IServiceProvider provider) => new AnthropicClient().{|MB1011:AsIChatClient(\"m\")|}; public static void Add(IServiceCollection services) => services.AddKeyedSingleton<IChatClient>(\"a\", (provider, key) => Make(provider));")]
    public Task AClientThatAMemberHoldsIsFollowed(string members) => Analysis.VerifyAsync($"internal sealed class Page {{ {members} }}", Required);

    [Theory]
    [InlineData("var kernel = Microsoft.SemanticKernel.Kernel.CreateBuilder(); Microsoft.SemanticKernel.OpenAIServiceCollectionExtensions.{|MB1011:AddOpenAIChatCompletion(kernel.Services, \"m\", \"k\")|};")]
    [InlineData("IServiceCollection services = new ServiceCollection(); services.{|MB1011:AddOpenAIChatClient(\"m\", \"k\")|}; // Microsoft.SemanticKernel")]
    [InlineData("Microsoft.SemanticKernel.ChatCompletion.IChatCompletionService chat = {|MB1011:new Microsoft.SemanticKernel.Connectors.OpenAI.OpenAIChatCompletionService(\"m\", \"k\")|}; await chat.GetChatMessageContentsAsync(new(\"hello\"));")]
    [InlineData("var chat = new Microsoft.SemanticKernel.Connectors.OpenAI.OpenAIChatCompletionService(\"m\", \"k\"); using IChatClient client = Microsoft.SemanticKernel.ChatCompletion.ChatCompletionServiceExtensions.AsChatClient(chat).AsBuilder().UseBudget(new CostTracker()).Build(); await client.GetResponseAsync(\"hello\", new() { MaxOutputTokens = 9 });")]
    [InlineData("var chat = {|MB1011:new Microsoft.SemanticKernel.Connectors.OpenAI.OpenAIChatCompletionService(\"m\", \"k\")|}; using IChatClient client = Microsoft.SemanticKernel.ChatCompletion.ChatCompletionServiceExtensions.AsChatClient(chat); await client.GetResponseAsync(\"hello\");")]
    public Task AConnectorOfSemanticKernelNeedsABudgetAsWell(string statements) => Analysis.VerifyAsync(statements, Required);

    [Fact]
    public async Task CodeThatDoesNotUseTheLibraryIsReportedAsWell()
    {
        const string Source = """
            using OpenAI;

            [assembly: MeaiBudget.RequireBudget]

            System.Console.WriteLine(new OpenAIClient("k").GetChatClient("m").CompleteChat("hello").Value);
            """;

        Microsoft.CodeAnalysis.Diagnostic found = Assert.Single(await Analysis.FindAsync(Analysis.CompileWithoutTheLibrary(Source)));
        Assert.Equal("MB1011", found.Id);
        Assert.Empty(await Analysis.FindAsync(Analysis.CompileWithoutTheLibrary(Source.Replace("[assembly: MeaiBudget.RequireBudget]", ""))));
    }

    [Fact]
    public async Task TheMessageSaysWhatToDo()
    {
        string message = Assert.Single(await Analysis.FindAsync($"await OpenAIChatClientFactory.{OpenAi}.GetResponseAsync(\"hello\");", Required), one => one.Id == "MB1011")
            .GetMessage(System.Globalization.CultureInfo.InvariantCulture);

        Assert.Equal("The client of OpenAI is used without a budget, which this code requires. Call it through a pipeline: new ChatClientBuilder(client).UseBudget(tracker).Build().", message);
    }
}
