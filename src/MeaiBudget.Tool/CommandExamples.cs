using System.CommandLine.Parsing;

namespace MeaiBudget.Tool;

/// <summary>The examples in the help of each command. A test parses all of them.</summary>
internal static class CommandExamples
{
    private static readonly Dictionary<string, (string Arguments, string What)[]> All = new(StringComparer.Ordinal)
    {
        [""] =
        [
            ("demo", "see what the library does, without a key"),
            ("doctor", "check appsettings.json in this folder"),
            ("chat --budget 0.10 \"Why is the sky blue?\"", "ask once, for at most 10 cents"),
            ("report spend.db --by model", "see what was spent"),
        ],
        ["demo"] = [("demo", "on a simulator"), ("demo --live", "with the providers of your keys")],
        ["chat"] =
        [
            ("chat", "a conversation"),
            ("chat --config appsettings.json --model fast", "with the app's providers and budgets"),
            ("git diff | meaibudget chat \"Review this:\" -", "a question with a piped text"),
        ],
        ["prices"] = [("prices find gpt-4.1-mini", "the price of a model, and how it was found")],
        ["prices list"] = [("prices list --provider anthropic --sort input", "the models of a provider, the cheapest first")],
        ["prices find"] = [("prices find claude-sonnet-4-5", "step by step, with warnings")],
        ["prices check"] = [("prices check negotiated-prices.json", "find odd prices in a file of your own")],
        ["prices diff"] = [("prices diff default prices.json", "what another catalog changes")],
        ["prices history"] = [("prices history gpt-4o", "past, present and announced prices")],
        ["prices update"] = [("prices update", "show newer prices"), ("prices update --yes", "write them to a file")],
        ["prices verify"] = [("prices verify", "in CI: every configured model has a reviewed price"), ("prices verify --accept", "accept the prices of today")],
        ["prices build"] = [("prices build models.dev.json litellm.json --decisions price-decisions.json --output prices.json", "build a catalog from sources")],
        ["count"] = [("count prompt.txt -m gpt-4.1-mini", "the tokens of a file"), ("echo hello | meaibudget count", "of piped text, for several models")],
        ["quote"] = [("quote request.json -m gpt-4.1-mini", "a provider's request body"), ("quote request.json --config appsettings.json", "for the app's routes, at its prices")],
        ["cost"] = [("cost diff before/cost.snapshot.json cost.snapshot.json", "what a change of the code costs")],
        ["cost diff"] = [("cost diff before after --max-increase 10% --markdown", "in CI, for a comment on a pull request")],
        ["accuracy"] = [("accuracy recording.jsonl.gz --by kind", "compare the estimator with what providers reported")],
        ["doctor"] = [("doctor --config appsettings.json --online", "also ask the providers' addresses"), ("doctor --ledger env:LEDGER --json", "check a ledger alone")],
        ["report"] =
        [
            ("report spend.db --by day --by tag:tenant", "by day, and by tenant"),
            ("report spend.db --from 2026-11-01 --config appsettings.json --html spend.html", "a page with charts, with the app's limits"),
        ],
        ["watch"] = [("watch spend.db --config appsettings.json", "the budgets while they change"), ("watch env:LEDGER --once --json", "once, for a script")],
        ["budget"] = [("budget list spend.db", "the limits and stops in a ledger")],
        ["budget list"] = [("budget list env:LEDGER --name production", "of a ledger on a server")],
        ["budget set"] = [("budget set spend.db tenant 25 --key acme --reason \"paid for more\"", "the limit of one tenant"), ("budget set spend.db day none --reason \"back to the code's\"", "remove it")],
        ["budget stop"] = [("budget stop spend.db day --reason \"incident 42\"", "refuse all further calls")],
        ["budget resume"] = [("budget resume spend.db day", "end a stop")],
        ["budget grant"] = [("budget grant spend.db day 5 --until 2026-12-01T00:00Z --reason launch", "5 dollars more until then")],
        ["simulate"] = [("simulate --ledger spend.db --config appsettings.json --fail-if-refused 0.5%", "in CI: try new budgets on recorded calls")],
        ["simulator"] = [("simulator", "providers without a key, until Ctrl-C"), ("simulator --down openai", "with an outage")],
        ["ledger"] = [("ledger check spend.db", "find what does not add up")],
        ["ledger check"] = [("ledger check env:LEDGER --name production", "of a ledger in PostgreSQL")],
        ["ledger migrate"] = [("ledger migrate env:LEDGER", "create or update the tables")],
        ["ledger copy"] = [("ledger copy spend.db env:LEDGER --to-name production", "from a file to a server")],
        ["ledger size"] = [("ledger size spend.db", "rows and bytes")],
        ["ledger retention"] = [("ledger retention spend.db --days 90", "delete older records")],
        ["ledger forget"] = [("ledger forget spend.db --tag user=alice", "replace a person by a pseudonym")],
        ["reconcile"] = [("reconcile spend.db costs.csv --html november.html", "compare with a bill"), ("reconcile spend.db costs.csv --apply", "and correct the ledger")],
        ["reprice"] = [("reprice spend.db --catalog default --by model", "what the usage costs at today's prices")],
        ["export"] = [("export spend.db --format focus --output focus.csv", "for other tools")],
        ["dashboard"] = [("dashboard --ledger spend.db --config appsettings.json", "the operator's console in a browser")],
        ["completions"] = [("completions bash", "print what completes commands in bash")],
    };

    /// <summary>The commands that have examples.</summary>
    public static IReadOnlyDictionary<string, (string Arguments, string What)[]> Everything => All;

    /// <summary>The examples of a command.</summary>
    /// <param name="path">The names of the command and those above it; empty for the whole.</param>
    public static (string Arguments, string What)[] Of(string path) => All.GetValueOrDefault(path) ?? [];

    /// <summary>Returns the names of the command and those above it.</summary>
    public static string PathOf(CommandResult result)
    {
        string path = "";
        for (SymbolResult? one = result; one is CommandResult { Parent: not null } named; one = one.Parent)
        {
            path = path.Length == 0 ? named.Command.Name : $"{named.Command.Name} {path}";
        }

        return path;
    }
}
