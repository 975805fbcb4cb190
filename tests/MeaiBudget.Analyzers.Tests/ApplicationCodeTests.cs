namespace MeaiBudget.Tests;

/// <summary>Registrations, variables, collections and chains as applications write them: what all rules report of them, and what they do not.</summary>
public sealed class ApplicationCodeTests
{
    private const string Required = "meaibudget.require_budget = true";

    private const string Given = """
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        var key = new ApiKeyCredential("k");
        IServiceCollection services = new ServiceCollection();
        IDistributedCache cache = null!;
        IChatClient Raw() => null!;
        IChatClient Make() => OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "m" });

        """;

    private const string Marked = "OpenAIChatClientFactory.{|MB1011:Create(new() { ApiKey = \"k\", ModelId = \"m\" })|}";
    private const string Client = "OpenAIChatClientFactory.Create(new() { ApiKey = \"k\", ModelId = \"m\" })";

    public static TheoryData<string> Wrong =>
    [
        // MB1011: clients without a budget.
        $"services.AddChatClient({Marked}, ServiceLifetime.Transient);",
        $"services.AddKeyedChatClient(\"a\", provider => {Marked}, ServiceLifetime.Scoped).UseLogging();",
        $"services.AddScoped<IChatClient>(_ => {Marked});",
        $"services.AddTransient(typeof(IChatClient), _ => {Marked});",
        $"services.Add(ServiceDescriptor.Singleton<IChatClient>({Marked}));",
        $"services.Add(new ServiceDescriptor(typeof(IChatClient), _ => {Marked}, ServiceLifetime.Singleton));",
        $"Microsoft.Extensions.DependencyInjection.Extensions.ServiceCollectionDescriptorExtensions.TryAddSingleton<IChatClient>(services, _ => {Marked});",
        $"IChatClient? maybe = {Marked}; await (maybe?.GetResponseAsync(\"hello\") ?? Task.FromResult<ChatResponse>(null!));",
        $"using (IChatClient c = {Marked}) {{ await c.GetResponseAsync(\"hello\"); }}",
        $"IChatClient c; c = {Marked}; await c.GetResponseAsync(\"hello\");",
        $"IChatClient? c = null; c ??= {Marked}; await c.GetResponseAsync(\"hello\");",
        $"IChatClient c = (IChatClient){Marked}; await c.GetResponseAsync(\"hello\");",
        $"var d = new Dictionary<string, IChatClient> {{ [\"a\"] = {Marked} }}; await d[\"a\"].GetResponseAsync(\"hello\");",
        $"foreach (IChatClient c in new[] {{ {Marked} }}) {{ await c.GetResponseAsync(\"hello\"); }}",
        $"IChatClient[] all = [{Marked}]; await Task.WhenAll(all.Select(c => c.GetResponseAsync(\"hello\")));",
        $"var o = {Marked}; await o!.GetResponseAsync<int>(\"hello\");",
        $"IChatClient c = {Marked}; try {{ await c.GetResponseAsync(\"a\"); }} catch (Exception) {{ await c.GetResponseAsync(\"b\"); }}",
        "AzureOpenAIClient azure = new(new Uri(\"https://a\"), key); IChatClient c = azure.GetChatClient(\"d\").{|MB1011:AsIChatClient()|}; await c.GetResponseAsync(\"hello\");",
        "await {|MB1011:new AnthropicClient()|}.Messages.Create(null!);",
        "var ollama = {|MB1011:new OllamaApiClient(new Uri(\"http://localhost\"))|}; await foreach (var one in ollama.ChatAsync(null!)) { }",
        "await new OpenAIClient(key).GetEmbeddingClient(\"m\").{|MB1011:AsIEmbeddingGenerator()|}.GenerateAsync([\"a\"]);",
        "await new OpenAIClient(key).{|MB1011:GetEmbeddingClient(\"m\")|}.GenerateEmbeddingAsync(\"a\");",
        "await new OpenAIClient(key).{|MB1011:GetImageClient(\"m\")|}.GenerateImageAsync(\"a\");",
        "await new OpenAIClient(key).{|MB1011:GetResponsesClient()|}.CreateResponseAsync(\"m\", \"a\");",
        $"services.AddEmbeddingGenerator(new OpenAIClient(key).GetEmbeddingClient(\"m\").{{|MB1011:AsIEmbeddingGenerator()|}}).UseLogging();",
        $"var agent = new Microsoft.Agents.AI.ChatClientAgent({Marked}, new Microsoft.Agents.AI.ChatClientAgentOptions());",
        $"IChatClient c = new ConfigureOptionsChatClient({Marked}, o => o.MaxOutputTokens = 1); await c.GetResponseAsync(\"hello\");",
        $"IChatClient c = new Own({Marked}); await c.GetResponseAsync(\"hello\"); sealed class Own(IChatClient inner) : DelegatingChatClient(inner);",
        $"await (({Marked} as IChatClient)?.AsBuilder().UseLogging().Build().GetResponseAsync(\"hello\") ?? Task.FromResult<ChatResponse>(null!)); static class Ext {{ public static Task<ChatResponse> Ask(IChatClient c) => c.GetResponseAsync(\"hello\"); }}",
        "var sdk = new Vendor.VendorSdk(); IChatClient c = Vendor.VendorSdkExtensions.{|MB1011:AsIChatClient(sdk, \"m\")|}; await c.GetResponseAsync(\"hello\");",
        $"IChatClient c = {Marked}; c = c.AsBuilder().UseLogging().Build(); await c.GetResponseAsync(\"hello\");",
        $"IChatClient c = {Marked}; if (DateTime.Now.Day > 3) {{ c = c.AsBuilder().UseBudget(tracker).Build(); }} await c.GetResponseAsync(\"hello\");",
        $"IChatClient c = {Marked}; await c.GetResponseAsync(\"hello\"); c = c.AsBuilder().UseBudget(tracker).Build(); await c.GetResponseAsync(\"hello\");",
        $"services.Add(ServiceDescriptor.Describe(typeof(IChatClient), _ => {Marked}, ServiceLifetime.Singleton)); services.Add(ServiceDescriptor.KeyedScoped<IChatClient>(\"a\", (_, _) => null!));",
        $"var list = new List<IChatClient> {{ {Marked} }}; list.ForEach(c => c.GetResponseAsync(\"hello\").GetAwaiter().GetResult());",
        $"IChatClient[] all = [{Marked}]; await Parallel.ForEachAsync(all, async (c, t) => await c.GetResponseAsync(\"hello\", cancellationToken: t));",
        $"IChatClient c = {Marked}.AsBuilder().Use((m, o, next, t) => next(m, o, t)).Build(); await c.GetResponseAsync(\"hello\");",
        $"await (DateTime.Now.Day > 3 ? {Marked} : Raw()).GetResponseAsync(\"hello\");",
        $"var client = {Marked}.AsBuilder().UseOpenTelemetry().UseFunctionInvocation().UseLogging().Build(services.BuildServiceProvider()); await client.GetResponseAsync(\"hello\");",
        // Orders of layers.
        "Make().AsBuilder().{|MB1001:UseBudget(tracker)|}.UseLogging().UseFunctionInvocation(configure: f => f.MaximumIterationsPerRequest = 3).Build();",
        "using var c = new ChatClientBuilder(_ => Make()).{|MB1001:UseBudget(tracker)|}.UseFunctionInvocation().Build();",
        "services.AddChatClient(Make()).UseLogging().{|MB1003:UseRetry()|}.UseFunctionInvocation().UseOpenTelemetry();",
        "services.AddKeyedChatClient(\"a\", Make()).{|MB1005:UseFallback(new ScriptedChatClient())|}.UseFunctionInvocation();",
        "IChatClient c = new ChatClientBuilder(Make())\n#if true\n.{|MB1001:UseBudget(tracker)|}\n#endif\n.UseFunctionInvocation().Build();",
        "ChatClientBuilder b = Make().AsBuilder(); foreach (int i in new[] { 1 }) { b.{|MB1001:UseBudget(tracker)|}; } b.UseFunctionInvocation(); b.Build();",
        // Retries of SDKs.
        "{|MB1008:new AzureOpenAIClient(new Uri(\"https://a\"), key)|}.GetChatClient(\"m\").AsIChatClient().AsBuilder().UseBudget(tracker).Build();",
        "{|MB1008:new OpenAIClient(\"k\")|}.GetResponsesClient().AsIChatClient(\"m\").AsBuilder().UseRetry().Build();",
        "using IChatClient c = {|MB1008:new OpenAIClient(key, new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(5) })|}.GetChatClient(\"m\").AsIChatClient().AsBuilder().UseFunctionInvocation().UseBudget(tracker).Build();",
        "services.AddSingleton<IChatClient>(_ => {|MB1008:new AnthropicClient()|}.AsIChatClient(\"m\").AsBuilder().UseBudget(tracker).Build());",
        "{|MB1008:new OpenAIClient(key)|}.GetEmbeddingClient(\"m\").AsIEmbeddingGenerator().AsBuilder().UseBudget(tracker).Build();",
        // Raw requests.
        "IChatClient c = new OpenAIClient(key, new() { RetryPolicy = new ClientRetryPolicy(0) }).GetChatClient(\"m\").AsIChatClient().AsBuilder().UseBudget(tracker).Build(); var o = new ChatOptions { MaxOutputTokens = 9 }; {|MB1021:o.RawRepresentationFactory = _ => new OpenAI.Chat.ChatCompletionOptions()|}; await c.GetResponseAsync(\"a\", o);",
        // Output limits.
        "await Make().AsBuilder().UseBudget(tracker).Build().{|MB1022:GetResponseAsync<int>(\"a\")|};",
        "IChatClient c = Make().AsBuilder().UseBudget(tracker).Build(); List<ChatMessage> h = [new(ChatRole.User, \"a\")]; var r = await c.{|MB1022:GetResponseAsync(h, cancellationToken: default)|};",
        "IChatClient c = Make().AsBuilder().UseBudget(tracker).Build(); ChatResponse? r = null; r ??= await c.{|MB1022:GetResponseAsync(\"a\")|};",
    ];

    public static TheoryData<string> WithABudget =>
    [
        $"services.AddChatClient({Client}, ServiceLifetime.Transient).UseBudget(tracker);",
        $"services.AddChatClient({Client}).UseFunctionInvocation().UseLogging().UseBudget(tracker).UseRetry();",
        $"services.AddKeyedChatClient(\"raw\", {Client}).UseBudget(); services.AddChatClient(p => p.GetRequiredKeyedService<IChatClient>(\"raw\"));",
        $"services.AddScoped<IChatClient>(p => {Client}.AsBuilder().UseBudget(tracker).Build(p));",
        $"services.Add(ServiceDescriptor.Singleton<IChatClient>({Client}.AsBuilder().UseBudget(tracker).Build()));",
        $"IChatClient c = {Client}; c = c.AsBuilder().UseBudget(tracker).Build(); await c.GetResponseAsync(\"hello\");",
        $"using (IChatClient raw = {Client}) using (IChatClient c = raw.AsBuilder().UseBudget(tracker).Build()) {{ await c.GetResponseAsync(\"hello\"); }}",
        $"IChatClient c = new FunctionInvokingChatClient({Client}.AsBuilder().UseBudget(tracker).Build()); await c.GetResponseAsync(\"hello\");",
        $"IChatClient c = new Own({Client}.AsBuilder().UseBudget(tracker).Build()); await c.GetResponseAsync(\"hello\"); sealed class Own(IChatClient inner) : DelegatingChatClient(inner);",
        $"await Ext.WithBudget({Client}, tracker).GetResponseAsync(\"hello\"); static class Ext {{ public static IChatClient WithBudget(IChatClient c, CostTracker t) => c.AsBuilder().UseBudget(t).Build(); }}",
        $"await {Client}.Guard(tracker).GetResponseAsync(\"hello\"); static class Ext {{ public static IChatClient Guard(this IChatClient c, CostTracker t) => c.AsBuilder().UseBudget(t).Build(); }}",
        $"IChatClient c = Wrap({Client}); await c.GetResponseAsync(\"hello\"); T Wrap<T>(T x) where T : class, IChatClient => (T)x.AsBuilder().UseBudget(tracker).Build();",
        $"var agent = new Microsoft.Agents.AI.ChatClientAgent({Client}.AsBuilder().UseBudget(tracker).Build());",
        "using var c = new ScriptedChatClient(); await c.GetResponseAsync(\"hello\");",
        "IChatClient c = services.BuildServiceProvider().GetRequiredService<IChatClient>(); await c.GetResponseAsync(\"hello\");",
        "IChatClient c = services.BuildServiceProvider().GetRequiredKeyedService<IChatClient>(\"a\"); await c.GetResponseAsync(\"hello\");",
        "var client = new OpenAIClient(key); services.AddSingleton(client);",
        $"#pragma warning disable MB1011\nawait {Client}.GetResponseAsync(\"hello\");\n#pragma warning restore MB1011\n",
        $"[System.Diagnostics.CodeAnalysis.SuppressMessage(\"Cost\", \"MB1011\")] Task F() => {Client}.GetResponseAsync(\"hello\"); await F();",
        "await new OpenAIClient(key).GetOpenAIFileClient().GetFilesAsync();",
        "await new HttpClient().PostAsync(\"https://example.org/chat\", null);",
        "await new HttpClient().PostAsync(\"https://hooks.slack.com/services/messages\", null);",
        "await new OllamaApiClient(\"http://localhost\", \"m\").ListLocalModelsAsync();",
        "await foreach (var one in new OllamaApiClient(\"http://localhost\", \"m\").PullModelAsync(\"m\")) { }",
        $"Console.WriteLine(nameof(OpenAIChatClientFactory.Create)); Console.WriteLine(typeof(IChatClient));",
        $"IChatClient c = {Client}; Task<ChatResponse> Ask(IChatClient x) => x.GetResponseAsync(\"a\", new() {{ MaxOutputTokens = 1 }}); await Ask(c.AsBuilder().UseBudget(tracker).Build());",
        $"var pool = new System.Collections.Concurrent.ConcurrentDictionary<string, IChatClient>(); await pool.GetOrAdd(\"a\", _ => {Client}.AsBuilder().UseBudget(tracker).Build()).GetResponseAsync(\"a\", new() {{ MaxOutputTokens = 1 }});",
        $"IChatClient a = {Client}.AsBuilder().UseBudget(tracker).Build(), b = a; await b.GetResponseAsync(\"a\");",
        $"if ({Client} is {{ }} c) {{ await c.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\"); }}",
        $"var (a, b) = ({Client}, {Client}); await a.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\"); await b.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\");",
        $"async Task<IChatClient> MakeAsync() {{ await Task.Yield(); return {Client}.AsBuilder().UseBudget(tracker).Build(); }} await (await MakeAsync()).GetResponseAsync(\"a\");",
        $"async Task<IChatClient> MakeAsync() {{ await Task.Yield(); return {Client}; }} using IChatClient c = (await MakeAsync()).AsBuilder().UseBudget(tracker).Build(); await c.GetResponseAsync(\"a\");",
        "IChatClient c = new OpenAIClient(key, new() { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) }).GetChatClient(\"m\").AsIChatClient().AsBuilder().UseBudget(tracker).Build(); var x = c.GetService<OpenAI.Chat.ChatClient>();",
        $"using IChatClient c = {Client}.AsBuilder().UseBudget(tracker).Build(); IChatClient agent = c.AsBuilder().UseFunctionInvocation().Build(); await agent.GetResponseAsync(\"a\");",
        $"using IChatClient c = {Client}.AsBuilder().UseBudget(tracker).Build(); await new Counter(c).RunAsync(); sealed class Counter(IChatClient c) {{ public Task RunAsync() => c.GetResponseAsync(\"a\"); }}",
        $"IChatClient? c = {Client}; c = c?.AsBuilder().UseBudget(tracker).Build(); if (c is not null) {{ await c.GetResponseAsync(\"hello\"); }}",
        $"IChatClient c = {Client}; c = new FunctionInvokingChatClient(c); c = c.AsBuilder().UseBudget(tracker).Build(); for (int i = 0; i < 3; i++) {{ await c.GetResponseAsync(\"hello\"); }}",
        $"IChatClient[] all = [{Client}]; IChatClient[] good = [.. all.Select(c => c.AsBuilder().UseBudget(tracker).Build())]; await good[0].GetResponseAsync(\"hello\");",
        $"services.Add(ServiceDescriptor.Scoped<IChatClient>(_ => {Client}.AsBuilder().UseBudget(tracker).Build()));",
        $"services.Add(new ServiceDescriptor(typeof(IChatClient), {Client}.AsBuilder().UseBudget(tracker).Build()));",
        "IChatClient c = Vendor.VendorSdkExtensions.AsIChatClient(new Vendor.VendorSdk(), \"m\").AsBuilder().UseBudget(tracker).Build(); await c.GetResponseAsync(\"hello\");",
    ];

    public static TheoryData<string> Right =>
    [
        "Make().AsBuilder().UseFunctionInvocation().UseBudget(tracker).Build();",
        "services.AddChatClient(Make()).UseFunctionInvocation().UseDistributedCache().UseBudget();",
        "var b = Make().AsBuilder(); b.UseFunctionInvocation(); b.UseBudget(tracker); b.UseRetry(); b.Build();",
        "IChatClient c = Make().AsBuilder().UseBudget(tracker).Build(); await c.GetResponseAsync(\"a\", new ChatOptions { MaxOutputTokens = 1 } );",
        "IChatClient c = Make().AsBuilder().UseBudget(tracker).Build(); var o = new ChatOptions { Temperature = 1 }; o.MaxOutputTokens ??= 9; await c.GetResponseAsync(\"a\", o);",
        "IChatClient c = Make().AsBuilder().UseBudget(tracker).Build(); ChatOptions Few() => new() { MaxOutputTokens = 1 }; await c.GetResponseAsync(\"a\", Few());",
        "IChatClient c = Make().AsBuilder().UseBudget(tracker).ConfigureOptions(o => { o.MaxOutputTokens = 9; }).Build(); await c.GetResponseAsync(\"a\");",
        "var o = new OpenAIClientOptions { RetryPolicy = null }; o.RetryPolicy = new ClientRetryPolicy(0); new OpenAIClient(key, o).GetChatClient(\"m\").AsIChatClient().AsBuilder().UseBudget(tracker).Build();",
        "new OpenAIClient(key, Few()).GetChatClient(\"m\").AsIChatClient().AsBuilder().UseBudget(tracker).Build(); static OpenAIClientOptions Few() => new() { RetryPolicy = new ClientRetryPolicy(0) };",
        "const int none = 0; new OpenAIClient(key, new() { RetryPolicy = new ClientRetryPolicy(none) }).GetChatClient(\"m\").AsIChatClient().AsBuilder().UseBudget(tracker).Build();",
        "new OpenAIClient(key, new() { RetryPolicy = new Own() }).GetChatClient(\"m\").AsIChatClient().AsBuilder().UseBudget(tracker).Build(); sealed class Own() : ClientRetryPolicy(0);",
        "IChatClient c = new OpenAIClient(key, new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(0) }.AddChatWire()).GetChatClient(\"m\").AsIChatClient().AsBuilder().UseBudget(tracker).Build(); await c.GetResponseAsync(\"a\", new() { MaxOutputTokens = 1, RawRepresentationFactory = _ => null });",
        "IChatClient c = Make().AsBuilder().UseBudget(tracker).Build(); await c.GetResponseAsync(\"a\", new() { MaxOutputTokens = 1, RawRepresentationFactory = _ => null });",
        "_ = new CostTracker(Budget.Daily(\"x\", 1m).PerTag(\"Tenant\")); _ = new ChatOptions { AdditionalProperties = new() { [nameof(Tenant)] = 1 } }; sealed class Tenant;",
    ];

    [Theory, MemberData(nameof(Wrong))]
    public Task WhatIsWrongIsReported(string statements) => Analysis.VerifyAsync(Given + statements, statements.Contains("MB1011:", StringComparison.Ordinal) ? Required : null);

    [Theory, MemberData(nameof(WithABudget))]
    public async Task AClientWithABudgetOrWithoutPaidCallsIsNotReported(string statements) =>
        Assert.DoesNotContain(await Analysis.FindAsync(Given + statements, Required), one => one is { Id: "MB1011", IsSuppressed: false });

    [Theory, MemberData(nameof(Right))]
    public Task WhatIsRightIsNotReported(string statements) => Analysis.VerifyAsync(Given + statements);
}
