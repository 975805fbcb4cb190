using System.Collections.Immutable;
using MeaiBudget.Analyzers;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Text;

namespace MeaiBudget.Tests;

/// <summary>Each code fix gives code that compiles and is not reported any more.</summary>
public sealed class CodeFixTests
{
    private const string Given = """
        var tracker = new CostTracker(Budget.Daily("day", 1m).PerTag("tenant"));
        IChatClient openAi = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "m" });
        var key = new ApiKeyCredential("k");

        """;

    private static readonly CodeFixProvider[] Providers = [new LayerCodeFix(), new ClientCodeFix(), new CallCodeFix()];

    public static TheoryData<string, string> Fixes => new()
    {
        { "_ = openAi.AsBuilder().UseBudget(tracker).UseFunctionInvocation().Build();", "_ = openAi.AsBuilder().UseFunctionInvocation().UseBudget(tracker).Build();" },
        { "_ = openAi.AsBuilder()\n    .UseRetry()\n    .UseOpenTelemetry()\n    .UseFunctionInvocation()\n    .Build();", "_ = openAi.AsBuilder()\n    .UseOpenTelemetry()\n    .UseFunctionInvocation()\n    .UseRetry()\n    .Build();" },
        { "var b = openAi.AsBuilder();\nb.UseBudget(tracker);\nb.UseFunctionInvocation();\n_ = b.Build();", "var b = openAi.AsBuilder();\nb.UseFunctionInvocation();\nb.UseBudget(tracker);\n_ = b.Build();" },
        { "new ServiceCollection().AddChatClient(openAi).UseBudget().UseDistributedCache();", "new ServiceCollection().AddChatClient(openAi).UseDistributedCache().UseBudget();" },
        { "_ = openAi.AsBuilder().UseRedactedLogging().UseBudget(tracker).UseLogging().Build();", "_ = openAi.AsBuilder().UseRedactedLogging().UseBudget(tracker).Build();" },
        { "var b = openAi.AsBuilder().UseRedactedLogging();\nb.UseLogging();\n_ = b.Build();", "var b = openAi.AsBuilder().UseRedactedLogging();\n_ = b.Build();" },
        {
            "_ = openAi.AsBuilder() // a\n    .UseBudget(tracker) // each call\n    .UseOpenTelemetry()\n    // the loop\n    .UseFunctionInvocation() // tools\n    .Build();",
            "_ = openAi.AsBuilder() // a\n    .UseOpenTelemetry()\n    // the loop\n    .UseFunctionInvocation() // tools\n    .UseBudget(tracker) // each call\n    .Build();"
        },
        {
            "_ = openAi.AsBuilder() // a\n    .UseRedactedLogging() // hides secrets\n    .UseLogging()\n    .Build();",
            "_ = openAi.AsBuilder() // a\n    .UseRedactedLogging() // hides secrets\n    .Build();"
        },
        { "_ = openAi.AsBuilder().UseRetry(/* twice */).UseFunctionInvocation(/* tools */).Build(); // built", "_ = openAi.AsBuilder().UseFunctionInvocation(/* tools */).UseRetry(/* twice */).Build(); // built" },
        { "var b = openAi.AsBuilder();\n// each call\nb.UseBudget(tracker); // today\n\nb.UseFunctionInvocation();\n_ = b.Build();", "var b = openAi.AsBuilder();\n\nb.UseFunctionInvocation();\n// each call\nb.UseBudget(tracker); // today\n_ = b.Build();" },
        { "_ = openAi.AsBuilder().UseBudget(tracker).UseBudget(tracker).Build();", "_ = openAi.AsBuilder().UseBudget(tracker).Build();" },
        {
            "new OpenAIClient(key).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();",
            "new OpenAIClient(key, new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) }).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();"
        },
        {
            "new OpenAI.Chat.ChatClient(\"m\", \"key\").AsIChatClient().WithOpenAIProvider();",
            "new OpenAI.Chat.ChatClient(\"m\", new ApiKeyCredential(\"key\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) }).AsIChatClient().WithOpenAIProvider();"
        },
        {
            "new ResponsesClient(key, new() { Endpoint = new Uri(\"https://a\") }).AsIChatClient(\"m\").WithOpenAIProvider();",
            "new ResponsesClient(key, new() { Endpoint = new Uri(\"https://a\"), RetryPolicy = new ClientRetryPolicy(maxRetries: 0) }).AsIChatClient(\"m\").WithOpenAIProvider();"
        },
        {
            "var options = new AzureOpenAIClientOptions();\nnew AzureOpenAIClient(new Uri(\"https://a\"), key, options.AddChatWire()).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();",
            "var options = new AzureOpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) };\nnew AzureOpenAIClient(new Uri(\"https://a\"), key, options.AddChatWire()).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();"
        },
        {
            "new OpenAIClient(key, new() { RetryPolicy = new ClientRetryPolicy(3) }).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();",
            "new OpenAIClient(key, new() { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) }).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();"
        },
        { "new AnthropicClient().AsIChatClient(\"m\").WithAnthropicProvider();", "new AnthropicClient { MaxRetries = 0 }.AsIChatClient(\"m\").WithAnthropicProvider();" },
        { "new AnthropicClient { ApiKey = \"k\", MaxRetries = 2 }.AsIChatClient(\"m\").WithAnthropicProvider();", "new AnthropicClient { ApiKey = \"k\", MaxRetries = 0 }.AsIChatClient(\"m\").WithAnthropicProvider();" },
        {
            "new AnthropicClient(new Anthropic.Core.ClientOptions { ApiKey = \"k\" }).AsIChatClient(\"m\").WithAnthropicProvider();",
            "new AnthropicClient(new Anthropic.Core.ClientOptions { ApiKey = \"k\", MaxRetries = 0 }).AsIChatClient(\"m\").WithAnthropicProvider();"
        },
        {
            "var client = new AnthropicClient { MaxRetries = 0 }.AsIChatClient(\"m\").AsBuilder().UseBudget(tracker).Build();\nawait client.GetResponseAsync([], new() { RawRepresentationFactory = _ => null });",
            "var client = new AnthropicClient { MaxRetries = 0 }.AddChatWire().AsIChatClient(\"m\").AsBuilder().UseBudget(tracker).Build();\nawait client.GetResponseAsync([], new() { RawRepresentationFactory = _ => null });"
        },
        {
            "var client = new OpenAIClient(key, new() { RetryPolicy = new ClientRetryPolicy(0) }).GetChatClient(\"m\").AsIChatClient().AsBuilder().UseBudget(tracker).Build();\nawait client.GetResponseAsync([], new() { RawRepresentationFactory = _ => null });",
            "var client = new OpenAIClient(key, new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(0) }.AddChatWire()).GetChatClient(\"m\").AsIChatClient().AsBuilder().UseBudget(tracker).Build();\nawait client.GetResponseAsync([], new() { RawRepresentationFactory = _ => null });"
        },
        { "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\");", "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", options: new ChatOptions { MaxOutputTokens = 1000 });" },
        {
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", cancellationToken: default);",
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", options: new ChatOptions { MaxOutputTokens = 1000 }, cancellationToken: default);"
        },
        { "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", null);", "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", new ChatOptions { MaxOutputTokens = 1000 });" },
        { "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", new() { Temperature = 0 });", "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", new() { Temperature = 0, MaxOutputTokens = 1000 });" },
        {
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", new ChatOptions() // none\n    );",
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", new ChatOptions { MaxOutputTokens = 1000 } // none\n    );"
        },
        {
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", new() /* none */);",
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", new() { MaxOutputTokens = 1000 } /* none */);"
        },
        {
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", null /* none */);",
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", new ChatOptions { MaxOutputTokens = 1000 } /* none */);"
        },
        {
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", options: null);",
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", options: new ChatOptions { MaxOutputTokens = 1000 });"
        },
        {
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\n    \"a\" // asked\n    );",
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\n    \"a\" // asked\n, options: new ChatOptions { MaxOutputTokens = 1000 });"
        },
        {
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", new()\n{\n    Temperature = 0, // cold\n});",
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", new()\n{\n    Temperature = 0, // cold\n    MaxOutputTokens = 1000\n});"
        },
        {
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync<int>(\"a\");",
            "await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync<int>(\"a\", options: new ChatOptions { MaxOutputTokens = 1000 });"
        },
        {
            "Func<Task> ask = async () => await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\");\nawait ask();",
            "Func<Task> ask = async () => await openAi.AsBuilder().UseBudget(tracker).Build().GetResponseAsync(\"a\", options: new ChatOptions { MaxOutputTokens = 1000 });\nawait ask();"
        },
        {
            "var options = new OpenAIClientOptions() // the defaults\n    ;\nnew OpenAIClient(key, options).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();",
            "var options = new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) } // the defaults\n    ;\nnew OpenAIClient(key, options).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();"
        },
        {
            "new OpenAIClient(\n    key // from the vault\n    ).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();",
            "new OpenAIClient(\n    key // from the vault\n, new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) }).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();"
        },
        {
            "new OpenAIClient(credential: key).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();",
            "new OpenAIClient(credential: key, new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) }).GetChatClient(\"m\").AsIChatClient().WithOpenAIProvider();"
        },
        { "_ = new ChatOptions { AdditionalProperties = new() { [\"Tenant\"] = 1 } };", "_ = new ChatOptions { AdditionalProperties = new() { [\"tenant\"] = 1 } };" },
    };

    [Theory, MemberData(nameof(Fixes))]
    public async Task TheFixCompilesAndIsNotReported(string before, string after)
    {
        string source = Given + before;
        Diagnostic diagnostic = Assert.Single(await Analysis.FindAsync(source));

        string changed = await FixAsync(source, diagnostic);

        Assert.Equal(Given + after, changed);
        Assert.Empty(await Analysis.FindAsync(changed));
    }

    [Fact]
    public void EveryFixIsForARuleThatExists() =>
        Assert.Empty(Providers.SelectMany(provider => provider.FixableDiagnosticIds).Except(
            new PipelineAnalyzer().SupportedDiagnostics.Concat(new TagAnalyzer().SupportedDiagnostics).Select(rule => rule.Id)));

    [Fact]
    public async Task AChainWithADirectiveHasNoFixThatWouldBreakIt()
    {
        const string Source = Given + "_ = openAi.AsBuilder()\n#if true\n    .UseBudget(tracker)\n#endif\n    .UseFunctionInvocation()\n    .Build();";

        using var workspace = new AdhocWorkspace();
        Assert.Empty(await ActionsAsync(workspace, Source, Assert.Single(await Analysis.FindAsync(Source)), TestContext.Current.CancellationToken));
    }

    private static async Task<string> FixAsync(string source, Diagnostic diagnostic)
    {
        using var workspace = new AdhocWorkspace();
        (CodeAction action, Document document) = Assert.Single(await ActionsAsync(workspace, source, diagnostic, TestContext.Current.CancellationToken));
        ImmutableArray<CodeActionOperation> operations = await action.GetOperationsAsync(TestContext.Current.CancellationToken);
        Document changed = Assert.Single(operations.OfType<ApplyChangesOperation>()).ChangedSolution.GetDocument(document.Id)!;
        return (await changed.GetTextAsync(TestContext.Current.CancellationToken)).ToString();
    }

    private static async Task<IReadOnlyList<(CodeAction Action, Document Document)>> ActionsAsync(
        AdhocWorkspace workspace, string source, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        Project project = workspace.AddProject(ProjectInfo.Create(
            ProjectId.CreateNewId(), VersionStamp.Default, "Fixed", "Fixed", LanguageNames.CSharp,
            compilationOptions: Analysis.Options(isProgram: true), parseOptions: Analysis.Parsing, metadataReferences: Analysis.ReferencesFor(source)));
        project = project.AddDocument("Usings.cs", SourceText.From(Analysis.Usings)).Project;
        Document document = project.AddDocument("Program.cs", SourceText.From(source));
        var actions = new List<CodeAction>();
        SyntaxTree tree = (await document.GetSyntaxTreeAsync(cancellationToken))!;
        var here = Diagnostic.Create(
            diagnostic.Descriptor,
            Location.Create(tree, diagnostic.Location.SourceSpan),
            diagnostic.AdditionalLocations.Select(location => Location.Create(tree, location.SourceSpan)),
            diagnostic.Properties);
        var context = new CodeFixContext(document, here, (action, _) => actions.Add(action), cancellationToken);
        await Providers.Single(provider => provider.FixableDiagnosticIds.Contains(diagnostic.Id)).RegisterCodeFixesAsync(context);
        return [.. actions.Select(action => (action, document))];
    }
}
