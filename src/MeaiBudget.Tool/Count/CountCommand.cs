using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget count</c>: counts the tokens of a text for each model, with their price as input.</summary>
internal static class CountCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create()
    {
        var models = new Option<string[]>("--model", "-m") { Description = "A model to count for; may be given more than once.", DefaultValueFactory = _ => [] };
        var json = new Option<bool>("--json") { Description = "Write JSON instead of a table." };
        var file = new Argument<string?>("FILE") { Description = "The text; - or nothing reads standard input.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("count", "Counts the tokens of a text under each model, and prices them.") { models, json, file };
        command.SetAction((result, cancellationToken) => RunAsync(result.GetValue(file), result.GetValue(models) ?? [], result.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? file, string[] models, bool json, CancellationToken cancellationToken)
    {
        if (models.Any(string.IsNullOrWhiteSpace))
        {
            await Console.Error.WriteLineAsync("--model must not be empty.");
            return 1;
        }

        string text;
        try
        {
            text = await InputText.ReadAsync(file, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }

        TextCount[] counts = [.. (models.Length > 0 ? models : ComparedModels.Default).Select(model => TextCount.Of(text, model))];
        if (json)
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { Characters = text.Length, Models = counts }, Json));
            return 0;
        }

        var table = new ConsoleTable("model", "counter", "counted", "tokens", "at most", "as input, USD");
        foreach (TextCount count in counts)
        {
            table.AddRow(
                count.Model, count.Counter, count.Certainty,
                count.Tokens.ToString("N0", CultureInfo.InvariantCulture), count.UpperBound.ToString("N0", CultureInfo.InvariantCulture), Dollars.Of(count.InputCost));
        }

        ToolConsole.ForOutput().Write(table);
        return 0;
    }

    /// <summary>The count of one text for one model.</summary>
    internal sealed record TextCount(string Model, string Counter, bool IsExact, string Certainty, int Tokens, int UpperBound, decimal? InputCost)
    {
        private const string Exact = "Exact";
        private const string Measured = "Measured";
        private const string Guess = "Guess";

        public static TextCount Of(string text, string model)
        {
            ITokenCounter counter = TokenCounters.ForModel(model);
            TokenCount count = counter.Measure(text);
            PriceResolution price = PriceCatalog.Default.Resolve(model);
            return new TextCount(
                model, counter.Name, counter.IsExact, CertaintyOf(counter), count.Tokens, count.UpperBound,
                price.Price is null ? null : price.CostOf(new BillableUsage { InputTokens = count.Tokens }).Amount);
        }

        // Exact: the model's own tokenizer. Measured: factors that were measured for its family. Guess: those of similar families.
        private static string CertaintyOf(ITokenCounter counter) => counter.IsExact ? Exact
            : TokenizerFamily.All.TryGetValue(counter.Name, out TokenizerFamily? family) && family.IsMeasured ? Measured
            : Guess;
    }
}
