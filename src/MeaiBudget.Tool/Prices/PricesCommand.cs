using System.CommandLine;

namespace MeaiBudget.Tool;

/// <summary>The command <c>prices</c>: shows prices of models, how an id is found, and the content of price files.</summary>
internal static class PricesCommand
{
    /// <summary>The name of the package's own catalog, used instead of a file.</summary>
    internal const string DefaultCatalog = "default";

    internal static Command Create()
    {
        var command = new Command("prices", "Look up prices and check price files.");
        command.Subcommands.Add(CreateList());
        command.Subcommands.Add(CreateFind());
        command.Subcommands.Add(CreateCheck());
        command.Subcommands.Add(CreateDiff());
        command.Subcommands.Add(CreateHistory());
        command.Subcommands.Add(PriceUpdateCommand.Create());
        command.Subcommands.Add(PriceVerifyCommand.Create());
        command.Subcommands.Add(PriceBuildCommand.Create());
        return command;
    }

    private static Command CreateList()
    {
        Option<string?> provider = Provider();
        var search = new Option<string?>("--search") { Description = "A part of the model's id or of another id of it." };
        var sort = new Option<string>("--sort") { Description = "The order: catalog, id, input, output or context.", DefaultValueFactory = _ => PriceListQuery.Orders[0] };
        sort.AcceptOnlyFromAmong(PriceListQuery.Orders);
        Option<string> file = CatalogFile();
        Option<bool> json = Json();
        var command = new Command("list", "List the models of a catalog with the prices in force.") { provider, search, sort, file, json };
        command.SetAction(parsed => PricesOutput.Run(parsed, parsed.GetValue(json), output =>
            PriceReports.List(output, output.Load(parsed.GetValue(file)!), new PriceListQuery(parsed.GetValue(provider), parsed.GetValue(search), parsed.GetValue(sort)))));
        return command;
    }

    private static Command CreateFind()
    {
        var id = new Argument<string>("id") { Description = "The model's id, as in a request or an answer." };
        Option<string?> provider = Provider();
        Option<DateOnly?> at = At();
        Option<string> file = CatalogFile();
        Option<bool> json = Json();
        var command = new Command("find", "Show step by step how a model id is found, and its price. Exit code 1 if there is none.") { id, provider, at, file, json };
        command.SetAction(parsed => PricesOutput.Run(parsed, parsed.GetValue(json), output =>
            PriceReports.Find(output, output.Load(parsed.GetValue(file)!), parsed.GetValue(id)!, parsed.GetValue(provider), parsed.GetValue(at))));
        return command;
    }

    private static Command CreateCheck()
    {
        var file = new Argument<string>("file") { Description = "The price file, in MeaiBudget's, LiteLLM's or genai-prices' format." };
        var against = new Option<string>("--against") { Description = "The catalog to compare with: a file, or 'default'.", DefaultValueFactory = _ => DefaultCatalog };
        var factor = new Option<decimal>("--largest-change") { Description = "The factor beyond which a difference is suspicious.", DefaultValueFactory = _ => 5m };
        Option<bool> json = Json();
        var command = new Command("check", "Check a price file: schema, units, jumps against another catalog. Exit code 1 if it is rejected or something is suspicious.") { file, against, factor, json };
        command.SetAction(parsed => PricesOutput.Run(parsed, parsed.GetValue(json), output =>
            PriceReports.Check(output, parsed.GetValue(file)!, parsed.GetValue(against)!, parsed.GetValue(factor))));
        return command;
    }

    private static Command CreateDiff()
    {
        var before = new Argument<string>("a") { Description = "The first catalog: a file, or 'default'." };
        var after = new Argument<string>("b") { Description = "The second catalog: a file, or 'default'." };
        Option<bool> json = Json();
        var command = new Command("diff", "Show what models and prices differ between two catalogs. Exit code 1 if any does.") { before, after, json };
        command.SetAction(parsed => PricesOutput.Run(parsed, parsed.GetValue(json), output =>
            PriceReports.Diff(output, output.Load(parsed.GetValue(before)!), output.Load(parsed.GetValue(after)!))));
        return command;
    }

    private static Command CreateHistory()
    {
        var id = new Argument<string>("id") { Description = "The model's id." };
        Option<string?> provider = Provider();
        Option<string> file = CatalogFile();
        Option<bool> json = Json();
        var command = new Command("history", "Show every price of a model: past, present, announced, by region. Exit code 1 if there is none.") { id, provider, file, json };
        command.SetAction(parsed => PricesOutput.Run(parsed, parsed.GetValue(json), output =>
            PriceReports.History(output, output.Load(parsed.GetValue(file)!), parsed.GetValue(id)!, parsed.GetValue(provider))));
        return command;
    }

    private static Option<string?> Provider() => new("--provider") { Description = "The provider, for example openai, azure, bedrock." };

    private static Option<DateOnly?> At() => new("--at") { Description = "The day of the call (yyyy-MM-dd); today if left out." };

    private static Option<string> CatalogFile() => new("--file") { Description = "The catalog: a file, or 'default' for the package's own.", DefaultValueFactory = _ => DefaultCatalog };

    private static Option<bool> Json() => new("--json") { Description = "Write JSON." };
}
