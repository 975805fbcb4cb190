using System.Reflection;
using System.Text.Json;

namespace MeaiBudget.Tests;

/// <summary>The snippets of the pages compile, and run if they can.</summary>
[Collection(nameof(SnippetFolder))]
public sealed class SnippetTests
{
    private static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Snippets => [.. Fences("csharp").Select(fence => fence.ToString())];

    public static TheoryData<string> Examples => [.. Page.Sources.SelectMany(page => page.Examples).Select(example => example.ToString())];

    public static TheoryData<string> JsonFiles => [.. Fences("json").Select(fence => fence.ToString())];

    [Theory, MemberData(nameof(Snippets))]
    public async Task ASnippetCompilesAndRuns(string place) => await TryAsync(Find(place));

    [Theory, MemberData(nameof(Examples))]
    public async Task R7_AnExampleOfTheReferenceCompilesAndRuns(string place) =>
        await TryAsync(Page.Sources.SelectMany(page => page.Examples).Single(example => example.ToString() == place));

    /// <summary>The types that users meet first have an example in the API reference.</summary>
    [Theory]
    [InlineData(typeof(CostTracker))]
    [InlineData(typeof(Budget))]
    [InlineData(typeof(BudgetRun))]
    [InlineData(typeof(BudgetStatus))]
    [InlineData(typeof(ChatRoute))]
    [InlineData(typeof(CallReceipt))]
    [InlineData(typeof(CallReceipts))]
    [InlineData(typeof(BudgetExceededException))]
    [InlineData(typeof(PriceCatalog))]
    [InlineData(typeof(ModelPrice))]
    [InlineData(typeof(TokenEstimator))]
    [InlineData(typeof(TokenCounters))]
    [InlineData(typeof(InMemorySpendLedger))]
    [InlineData(typeof(SpendQuery))]
    [InlineData(typeof(RetryOptions))]
    [InlineData(typeof(OpenAIChatClientFactory))]
    [InlineData(typeof(AnthropicChatClientFactory))]
    [InlineData(typeof(LiteLLMChatClientFactory))]
    [InlineData(typeof(OllamaChatClientFactory))]
    [InlineData(typeof(SqliteSpendLedger))]
    [InlineData(typeof(PostgreSqlSpendLedger))]
    [InlineData(typeof(RedisSpendLedger))]
    [InlineData(typeof(MeaiBudget.Testing.ScriptedChatClient))]
    [InlineData(typeof(MeaiBudget.Testing.ProviderSimulator))]
    public void R7_ATypeThatUsersMeetFirstHasAnExample(Type type)
    {
        string file = Path.ChangeExtension(type.Assembly.Location, ".xml");
        System.Xml.Linq.XElement member = System.Xml.Linq.XDocument.Load(file).Descendants("member").Single(one => (string?)one.Attribute("name") == $"T:{type.FullName}");
        Assert.NotEmpty(member.Element("example")?.Element("code")?.Value ?? "");
    }

    private static async Task TryAsync(Fence fence)
    {
        Assembly snippet = SnippetCompiler.Compile(fence);
        if (fence.Has("snippet: program") || fence.Has("snippet: compiled"))
        {
            return;
        }

        await using SnippetPrelude prelude = SnippetCompiler.Instantiate(snippet);
        await prelude.RunAsync().WaitAsync(LongestRun, TimeProvider.System);
    }

    [Theory, MemberData(nameof(JsonFiles))]
    public void JsonIsJson(string place)
    {
        Fence fence = Find(place);
        using var document = JsonDocument.Parse(fence.Text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
    }

    [Fact]
    public void EveryPageOfDocsShowsSomethingThatIsTried()
    {
        string[] withoutAny = [.. Page.All
            .Where(page => page.Name.StartsWith("docs/", StringComparison.Ordinal) && !page.Fences.Any(fence => fence.Language is "csharp" or "sh" or "json"))
            .Select(page => page.Name)];

        Assert.Empty(withoutAny);
    }

    [Fact]
    public void EveryLanguageOfAFenceIsOneThatIsTriedOrPlainText()
    {
        string[] others = [.. Page.All.SelectMany(page => page.Fences)
            .Where(fence => fence.Language is not ("csharp" or "json" or "sh" or "" or "mermaid" or "yaml"))
            .Select(fence => $"{fence}: {fence.Language}")];

        Assert.Empty(others);
    }

    private static IEnumerable<Fence> Fences(string language) => Page.All.SelectMany(page => page.Fences).Where(fence => fence.Language == language);

    private static Fence Find(string place) => Page.All.SelectMany(page => page.Fences).Single(fence => fence.ToString() == place);
}

/// <summary>Tests that share the current folder, one after another.</summary>
[CollectionDefinition(nameof(SnippetFolder))]
#pragma warning disable CA1711 // It is what xunit calls a collection.
public sealed class SnippetFolderCollection : ICollectionFixture<SnippetFolder>;
#pragma warning restore CA1711
