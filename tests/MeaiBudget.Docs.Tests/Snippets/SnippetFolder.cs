using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>The current folder of snippets and commands, with the files that the pages mention.</summary>
public sealed class SnippetFolder : IAsyncLifetime
{
    private readonly string _before = Environment.CurrentDirectory;

    public string Path { get; } = Directory.CreateTempSubdirectory("meaibudget-docs-").FullName;

    public async ValueTask InitializeAsync()
    {
        Environment.CurrentDirectory = Path;
        await WriteLedgerAsync("ledger.db");
        await WriteLedgerAsync("spend.db");
        foreach (string name in new[] { "prices.json", "negotiated-prices.json" })
        {
            await File.WriteAllTextAsync(name, FenceWith("docs/pricing.md", "meaibudget-prices/1"));
        }

        foreach (string name in new[] { "budgets.json", "new-budgets.json" })
        {
            await File.WriteAllTextAsync(name, FenceWith("docs/report.md", "\"budgets\""));
        }

        await File.WriteAllTextAsync("appsettings.json", FenceWith("docs/configuration.md", "\"DefaultTemperature\""));
        await File.WriteAllTextAsync("prompt.txt", "How many tokens is this?");
    }

    public ValueTask DisposeAsync()
    {
        Environment.CurrentDirectory = _before;
        Directory.Delete(Path, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static string FenceWith(string page, string text) =>
        Page.Of(page).Fences.Single(fence => fence.Language == "json" && fence.Text.Contains(text, StringComparison.Ordinal)).Text;

    private static async Task WriteLedgerAsync(string path)
    {
        await using var ledger = SqliteSpendLedger.Open(path);
        var tracker = new CostTracker([Budget.Daily("all", 20m), Budget.Daily("tenants", 2m).PerTag("tenant")], ledger: ledger);
        using var provider = new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Text("Rome.").WithUsage(120, 40) };
        IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();
        foreach (string tenant in new[] { "acme", "other", "acme" })
        {
            await client.GetResponseAsync("What is the capital of Italy?", new ChatOptions { AdditionalProperties = new() { ["tenant"] = tenant } });
        }
    }
}
