using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary>Shows the demo: each step in words when it has ended, then what was spent; or one JSON value.</summary>
internal sealed class DemoView
{
    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TextWriter _output;
    private readonly IAnsiConsole _console;
    private readonly bool _isJson;

    private DemoView(TextWriter output, bool isJson)
    {
        _output = output;
        _isJson = isJson;
        _console = ToolConsole.Create(output);
    }

    public static DemoView For(TextWriter output, bool isJson) => new(output, isJson);

    public async Task<DemoReport> ShowAsync(Func<Action<DemoStepReport>, Task<DemoReport>> play, DemoStage stage)
    {
        if (_isJson)
        {
            DemoReport data = await play(static _ => { });
            await _output.WriteLineAsync(JsonSerializer.Serialize(data, JsonOptions));
            return data;
        }

        Say(stage.Description);
        Say("Each call passes a pipeline of token estimation, a budget for everybody, a budget for its team, retries and fallbacks.");
        DemoReport report = await play(ShowStep);
        ShowSpend(report);
        return report;
    }

    /// <summary>Tells a step when it has ended: what was reserved, what each attempt came to, what was charged.</summary>
    private void ShowStep(DemoStepReport step)
    {
        _console.WriteLine();
        _console.Write(new Text($"{step.Number}. {step.Name}{(step.IsStreaming ? " (streamed)" : "")}\n", new Style(decoration: Decoration.Bold)));
        if (step.EstimatedInputTokens is { } input)
        {
            string reserved = step.ReservedOutputTokens is { } output ? $" Reserved {Dollars(step.Reserved)} for up to {Text(output)} tokens out." : "";
            Say($"Estimated {Text(input)} tokens in, at most {Text(step.InputUpperBound ?? input)}.{reserved}", indent: 3);
        }

        foreach (IGrouping<(string, string), DemoAttemptReport> attempts in step.Attempts.GroupBy(attempt => (attempt.Route, attempt.Why)))
        {
            double waited = attempts.Sum(attempt => attempt.WaitedSeconds);
            if (attempts.First().Outcome == nameof(AttemptOutcome.Answered) && waited == 0)
            {
                continue;
            }

            Say(
                $"{attempts.Key.Item1}{(attempts.Count() > 1 ? $", {attempts.Count()} times" : "")}: {attempts.Key.Item2}"
                    + (waited > 0 ? string.Create(CultureInfo.InvariantCulture, $", after waiting {waited:0.00} s") : ""),
                indent: 3);
        }

        Say(
            step.AnsweredBy is null
                ? "No route answered."
                : $"Answered by {step.AnsweredBy} with {step.AnsweredModel}. Charged {Dollars(step.Settled)} for {Text(step.InputTokens)} tokens in and {Text(step.OutputTokens)} out.",
            indent: 3);
        if (!step.WentAsTold)
        {
            Say($"This step did not go as expected: {step.Deviation}", indent: 3);
        }
    }

    private void ShowSpend(DemoReport report)
    {
        var models = new ConsoleTable("model", "answers", "tokens in", "tokens out", "spent");
        foreach (DemoModelSpend model in report.SpendByModel)
        {
            models.AddRow(model.Model, Text(model.Answers), Text(model.InputTokens), Text(model.OutputTokens), Dollars(model.Spent));
        }

        models.AddRow("all", "", "", "", Dollars(report.Settled));
        _console.WriteLine();
        _console.Write(models);

        var budgets = new ConsoleTable("budget", "limit a day", "spent", "left");
        foreach (DemoBudgetSpend budget in report.Budgets)
        {
            budgets.AddRow(
                budget.Key.Length == 0 ? budget.Budget : $"{budget.Budget} {budget.Key}", budget.Limit is { } limit ? Dollars(limit) : "no limit",
                Dollars(budget.Spent), budget.Remaining is { } left ? Dollars(left) : "no limit");
        }

        _console.Write(budgets);
        Say(report.AddsUp
            ? "The settled costs equal the spend of the budgets, to the nano-dollar."
            : "The settled costs DIFFER from the spend of the budgets.");
        Say(report.Succeeded ? "Every step went as expected." : "The demo failed.");
        _console.WriteLine();
        Say("Next:");
        Say("meaibudget chat        talks to a model, and shows what each answer costs", indent: 3);
        Say("meaibudget simulator   starts this simulator, for an app of yours", indent: 3);
        Say("meaibudget --help      lists what else there is", indent: 3);
    }

    private void Say(string text, int indent = 0) => _console.Write(new Padder(new Text(WrittenText.Printable(text, keepLines: true)), new Padding(indent, 0, 0, 0)));

    private static string Dollars(decimal amount) => string.Create(CultureInfo.InvariantCulture, $"${amount:0.00#######}");

    private static string Text(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
