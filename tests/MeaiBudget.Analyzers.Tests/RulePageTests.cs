using System.Text.RegularExpressions;
using MeaiBudget.Analyzers;
using Microsoft.CodeAnalysis;

namespace MeaiBudget.Tests;

/// <summary>docs/analyzers.md and the lists of releases have every rule.</summary>
public sealed partial class RulePageTests
{
    private static readonly DiagnosticDescriptor[] All =
        [.. new PipelineAnalyzer().SupportedDiagnostics.Concat(new TagAnalyzer().SupportedDiagnostics).OrderBy(rule => rule.Id, StringComparer.Ordinal)];

    [Fact]
    public void ThePageHasEveryRuleInTheTableAndAsAHeading()
    {
        string page = File.ReadAllText(RepositoryFolder.PathOf("docs", "analyzers.md"));
        string[] ids = [.. All.Select(rule => rule.Id)];

        Assert.Equal(ids, Heading().Matches(page).Select(match => match.Groups[1].Value));
        Assert.Equal(ids, TableRow().Matches(page).Select(match => match.Groups[1].Value));
        foreach (Match row in TableRow().Matches(page))
        {
            string id = row.Groups[1].Value;
            DiagnosticSeverity severity = All.Single(rule => rule.Id == id).DefaultSeverity;
            Assert.StartsWith(severity == DiagnosticSeverity.Info ? "suggestion" : "warning", row.Groups[2].Value, StringComparison.Ordinal);
            bool hasFix = new LayerCodeFix().FixableDiagnosticIds.Concat(new ClientCodeFix().FixableDiagnosticIds).Concat(new CallCodeFix().FixableDiagnosticIds).Contains(id);
            Assert.True(hasFix == (row.Groups[3].Value == "yes"), $"{id}: the table says '{row.Groups[3].Value}' of its fix.");
        }
    }

    [Fact]
    public void EachRuleHasALinkACategoryAndAMessageThatSaysWhatToDo() => Assert.All(All, rule =>
    {
        Assert.EndsWith($"docs/analyzers.md#{rule.Id.ToLowerInvariant()}", rule.HelpLinkUri, StringComparison.Ordinal);
        Assert.StartsWith("MeaiBudget.", rule.Category, StringComparison.Ordinal);
        Assert.Matches(@"\b(Put|Use|Call|Set|Add|Remove|Disable|write)\b", rule.MessageFormat.ToString(System.Globalization.CultureInfo.InvariantCulture));
    });

    /// <summary>Code that does not compile yet, as an editor has it, makes no analyzer fail.</summary>
    [Theory]
    [InlineData("var b = new ChatClientBuilder().UseBudget(.UseFunctionInvocation().Build(;")]
    [InlineData("IChatClient c = new Missing(OpenAIChatClientFactory.Create(new() { }))")]
    [InlineData("services.AddChatClient(x => ).UseBudget(new ); new OpenAIClient(new { }, ).GetChatClient().AsIChatClient().WithOpenAIProvider(")]
    [InlineData("c.GetResponseAsync(\"a\", new ChatOptions { RawRepresentationFactory = , MaxOutputTokens }); [")]
    [InlineData("ChatClientBuilder a = b; ChatClientBuilder b = a; a.UseRetry(); b.UseFunctionInvocation(); IChatClient c = c; _ = c.AsBuilder().UseBudget().Build();")]
    [InlineData("[RequireBudget(] class X { IChatClient Y => Y; IChatClient Z() => Z(); IChatClient W = Z().AsBuilder().UseBudget(W).Build(); }")]
    public async Task CodeThatDoesNotCompileIsNoProblem(string broken) =>
        Assert.DoesNotContain(await Analysis.FindAsync(broken, "meaibudget.require_budget = true", allowsErrors: true), one => one.Id == "AD0001");

    /// <summary>The ids do not collide with those of the library at run time, which have three digits.</summary>
    [Fact]
    public void IdsHaveFourDigits() => Assert.All(All, rule => Assert.Matches(@"^MB1\d{3}$", rule.Id));

    [GeneratedRegex(@"^## (MB\d+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\| \[(MB\d+)\]\(#mb\d+\) \| [^|]+ \| ([^|]+?) \| (\w*) ?\|$", RegexOptions.Multiline)]
    private static partial Regex TableRow();
}
