using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget quote</c>: prices a provider's raw request body, for its model and for others.</summary>
internal static class QuoteCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    public static Command Create()
    {
        var format = new Option<string>("--format") { Description = "The body's format; detected by its members if not given." };
        format.AcceptOnlyFromAmong([.. RawRequestReader.Formats.Keys]);
        var models = new Option<string[]>("--model", "-m") { Description = "A model to compare with; may be given more than once.", DefaultValueFactory = _ => [] };
        var output = new Option<long?>("--expected-output") { Description = "The expected output tokens (500)." };
        var config = new Option<string?>("--config", "-c") { Description = "Compares the routes of this configuration at its prices, and names the budgets that refuse the worst case. " + BudgetPlan.Description };
        var json = new Option<bool>("--json") { Description = "Write JSON instead of tables." };
        var file = new Argument<string?>("REQUEST.json") { Description = "The request body; - or nothing reads standard input.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("quote", "Prices a provider's raw request body before it is sent.") { format, models, output, config, json, file };
        output.Validators.Add(result =>
        {
            if (result.Tokens is [var given] && (!long.TryParse(given.Value, CultureInfo.InvariantCulture, out long tokens) || tokens < 0))
            {
                result.AddError($"--expected-output: '{given.Value}' is not a number of tokens, zero or more.");
            }
        });
        models.Validators.Add(result =>
        {
            if (result.Tokens.Any(model => string.IsNullOrWhiteSpace(model.Value)))
            {
                result.AddError("--model must not be empty.");
            }
        });
        command.SetAction((result, cancellationToken) => RunAsync(
            result.GetValue(file), result.GetValue(format), result.GetValue(models) ?? [], result.GetValue(output), result.GetValue(config), result.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? file, string? format, string[] models, long? expectedOutput, string? config, bool json, CancellationToken cancellationToken)
    {
        BudgetPlan? plan;
        try
        {
            plan = config is null ? null : await BudgetPlan.ReadAsync(config, cancellationToken);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }

        try
        {
            using var document = JsonDocument.Parse(await InputText.ReadAsync(file, cancellationToken));
            RawRequest request = RawRequestReader.Read(document.RootElement, format is null ? ChatApi.Unknown : RawRequestReader.Formats[format]);
            var compared = QuotedModels.Of(request, models, plan);
            RequestQuote[] quotes = [.. compared.Models.Select(model => RequestQuote.Of(request, model, model == compared.Own, expectedOutput, compared.PriceOf(model)))];
            if (json)
            {
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { Format = request.Api, Quotes = quotes }, Json));
            }
            else
            {
                if (compared.Own is null)
                {
                    ToolConsole.ForOutput().WriteLine("The body names no model. Set it with --model. Without it, these models are compared:");
                }

                Write(request, quotes, plan);
            }

            return 0;
        }
        catch (Exception exception) when (exception is RawRequestException or JsonException or IOException or UnauthorizedAccessException)
        {
            string reason = exception is JsonException fault ? JsonFault.Describe(fault) : exception.Message;
            await Console.Error.WriteLineAsync($"{file ?? "standard input"}: {reason}");
            return 1;
        }
    }

    private static void Write(RawRequest request, RequestQuote[] quotes, BudgetPlan? plan)
    {
        RequestQuote own = quotes[0];
        TokenBreakdown parts = own.Breakdown;
        IAnsiConsole console = ToolConsole.ForOutput();
        console.WriteLine($"{own.Model}, read as {request.Api}: {Number(own.InputTokens)} input tokens ({own.Source}), at most {Number(own.InputUpperBound)}; up to {Number(own.MaxOutputTokens)} output tokens");
        console.WriteLine($"  text {Number(parts.Text)}, tools {Number(parts.Tools)}, tool calls {Number(parts.ToolCalls)}, response schema {Number(parts.ResponseSchema)}, images and files {Number(parts.Media)}, framing {Number(parts.Framing)}");
        if (own.Answers > 1 || own.ServiceTier is not null || request.Terms?.CacheLifetime is not null)
        {
            string answers = own.Answers > 1 ? $"{Number(own.Answers)} answers, " : "";
            string cache = request.Terms?.CacheLifetime is { } lifetime ? $", prompt written to a cache for {lifetime.TotalMinutes:0} minutes" : "";
            console.WriteLine($"  asks for {answers}service tier {own.ServiceTier ?? "standard"}{cache}");
        }

        if (own.Flags != TokenEstimateFlags.None)
        {
            console.WriteLine($"  not counted: {own.Flags}");
        }

        var table = new ConsoleTable(
            "model", "input tokens", "at most", "lowest, USD", $"expected ({Number(own.ExpectedOutputTokens)} out), USD", "worst, USD", "price");
        foreach (RequestQuote quote in quotes)
        {
            table.AddRow(
                quote.Model, Number(quote.InputTokens), Number(quote.InputUpperBound),
                Dollars.Of(quote.Lowest), Dollars.Of(quote.Expected), Dollars.Of(quote.Worst), quote.Price.ToString());
        }

        console.Write(table);
        foreach (Budget budget in plan?.Budgets ?? [])
        {
            if (budget is { Limit: { } limit, Enforcement: Enforcement.Enforce } && own.Worst > limit)
            {
                console.WriteLine($"The worst case of {own.Model} ({Dollars.Of(own.Worst)} USD) is above the limit of the budget '{budget.Name}' ({Dollars.Of(limit)} USD). Set a lower output limit in the request, or raise the budget.");
            }
        }
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
