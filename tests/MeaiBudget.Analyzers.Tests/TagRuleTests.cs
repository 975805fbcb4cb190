namespace MeaiBudget.Tests;

/// <summary>MB1023: a tag differs from the tag of a budget by case only.</summary>
public sealed class TagRuleTests
{
    private const string Given = """
        const string Team = "Team";
        var tracker = new CostTracker(Budget.Daily("day", 1m).PerTag("tenant"), Budget.Weekly("week", 5m).PerTag("team", required: true));

        """;

    public static TheoryData<string> Other =>
    [
        "_ = new ChatOptions { AdditionalProperties = new() { [{|MB1023:\"Tenant\"|}] = \"acme\" } };",
        "_ = new ChatOptions { AdditionalProperties = new AdditionalPropertiesDictionary { { {|MB1023:\"TENANT\"|}, \"acme\" } } };",
        "ChatOptions options = new(); options.AdditionalProperties = []; options.AdditionalProperties[{|MB1023:\"Tenant\"|}] = \"a\"; options.AdditionalProperties.Add({|MB1023:Team|}, \"b\");",
        "_ = new EmbeddingGenerationOptions { AdditionalProperties = new() { [{|MB1023:\"Tenant\"|}] = \"acme\" } };",
        "using IDisposable scope = BudgetRun.UseTags([new({|MB1023:\"Tenant\"|}, \"acme\"), new(\"team\", \"a\")]);",
        "using IDisposable scope = BudgetRun.UseTags(new Dictionary<string, string?> { [{|MB1023:\"Tenant\"|}] = \"acme\" });",
        "_ = new OpenAIChatClientOptions { ForwardTags = { {|MB1023:\"Tenant\"|} } };",
        "var options = new OpenAIChatClientOptions(); options.ForwardTags.Add({|MB1023:\"Team\"|});",
        "await tracker.SpendAsync(\"m\", 1, 1, new Dictionary<string, string> { [{|MB1023:\"Tenant\"|}] = \"acme\" });",
        "Func<Task> ask = async () => { await Task.Yield(); _ = new ChatOptions { AdditionalProperties = new() { [{|MB1023:\"Tenant\"|}] = \"acme\" } }; };",
    ];

    public static TheoryData<string> Same =>
    [
        "_ = new ChatOptions { AdditionalProperties = new() { [\"tenant\"] = \"acme\", [\"Region\"] = \"eu\" } };",
        "_ = new CostTracker(Budget.Daily(\"other\", 1m).PerTag(\"Tenant\")); _ = new ChatOptions { AdditionalProperties = new() { [\"Tenant\"] = \"acme\" } };",
        "_ = new Dictionary<string, string> { [\"Tenant\"] = \"acme\" };",
        "_ = new ChatMessage(ChatRole.User, \"a\") { AdditionalProperties = new() { [\"Tenant\"] = \"acme\" } };",
        "string name = Console.ReadLine()!; _ = new ChatOptions { AdditionalProperties = new() { [name] = \"acme\" } };",
        "_ = new ChatOptions { AdditionalProperties = new() { [\"value\"] = \"Tenant\" } }; Console.WriteLine(\"Tenant\" + Team);",
    ];

    [Theory, MemberData(nameof(Other))]
    public Task AnotherSpellingIsReported(string statements) => Analysis.VerifyAsync(Given + statements);

    [Theory, MemberData(nameof(Same))]
    public Task TheSameSpellingAndOtherTextAreNot(string statements) => Analysis.VerifyAsync(Given + statements);
}
