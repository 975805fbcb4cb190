using System.Globalization;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary>Runs the commands of a chat, which begin with a slash.</summary>
internal sealed class ChatCommands(ChatSession session, ChatPipeline pipeline, ChatView view)
{
    private static readonly (string Name, string What)[] All =
    [
        ("/cost", "the cost of this chat so far, by model"),
        ("/budget", "the state of every budget"),
        ("/route", "the routes in their order, and how the last call went"),
        ("/model [NAME]", "list the models, or switch to another one"),
        ("/clear", "begin a new conversation; the cost so far stays"),
        ("/help", "list the commands"),
        ("/quit", "exit; Ctrl-D does the same. Ctrl-C stops an answer"),
        ("Alt-Enter", "a new line in a question, as a backslash before Enter; arrows edit and recall, Tab completes a command"),
    ];

    /// <summary>The names of the commands.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(command => command.Name.Split(' ')[0]).Where(name => name.StartsWith('/'))];

    public static bool IsQuit(string line) => line.Trim() is "/quit" or "/exit" or "/q";

    /// <summary>Runs a command; returns false if the line is not a command.</summary>
    public async Task<bool> TryRunAsync(string line, CancellationToken cancellationToken)
    {
        if (!line.StartsWith('/'))
        {
            return false;
        }

        string[] words = line.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        switch (words[0])
        {
            case "/cost":
                ShowCost();
                break;
            case "/budget":
                await ShowBudgetsAsync(cancellationToken);
                break;
            case "/route":
                ShowRoutes();
                break;
            case "/model":
                ChooseModel(words.ElementAtOrDefault(1));
                break;
            case "/clear":
                session.Clear();
                view.Note("A new conversation.");
                break;
            case "/help":
                view.Table(["command", "what it does"], All.Select(command => new[] { command.Name, command.What }));
                break;
            default:
                view.Complain($"There is no command {words[0]}. /help lists them.");
                break;
        }

        return true;
    }

    private void ShowCost()
    {
        AttemptReceipt[] attempts = [.. session.Receipts.SelectMany(receipt => receipt.Attempts).Where(attempt => attempt.Outcome == AttemptOutcome.Answered || attempt.Cost.Amount > 0m)];
        view.Table(
            ["model", "answers", "tokens in", "tokens out", "US dollars"],
            attempts.GroupBy(attempt => attempt.ModelId ?? attempt.Route).Select(group => new[]
            {
                group.Key, Number(group.Count(attempt => attempt.Outcome == AttemptOutcome.Answered)), Number(group.Sum(attempt => attempt.Usage.InputTokens)),
                Number(group.Sum(attempt => attempt.Usage.OutputTokens)), ChatView.Money(group.Sum(attempt => attempt.Cost.Amount)),
            }).Append(["all", Number(attempts.Count(attempt => attempt.Outcome == AttemptOutcome.Answered)), "", "", ChatView.Money(attempts.Sum(attempt => attempt.Cost.Amount))]));
        if (attempts.Any(attempt => attempt.Cost.Kind == CostKind.Unknown))
        {
            view.Note("Some answers have no known price. The sum does not include them.");
        }
    }

    private async Task ShowBudgetsAsync(CancellationToken cancellationToken)
    {
        BudgetRun run = session.Run;
        IReadOnlyList<BudgetStatus> statuses = await pipeline.Tracker.GetStatusAsync(cancellationToken);
        view.Table(
            ["budget", "spent", "held", "limit", "left", "resets"],
            statuses.Select(status => new[]
            {
                status.Key.Length == 0 ? status.Budget : $"{status.Budget} '{status.Key}'", ChatView.Money(status.Spent), ChatView.Money(status.Held),
                Limit(status.Limit), Limit(status.Remaining), status.ResetsAt?.ToString("u", CultureInfo.InvariantCulture) ?? "",
            }).Prepend(["this chat", ChatView.Money(run.Spent), ChatView.Money(run.Held), Limit(run.Limit), Limit(run.Remaining), ""]));

        static string Limit(decimal? amount) => amount is { } known ? ChatView.Money(known) : "none";
    }

    private void ShowRoutes()
    {
        view.Table(
            ["route", "model", "class", "where", "circuit"],
            pipeline.RoutesOf(session.Model).Select((route, index) => new[]
            {
                $"{index + 1}. {route.Name}", route.ModelId ?? "", route.ModelClass ?? "", route.IsLocal ? "local" : "", route.CircuitState.ToString(),
            }));
        if (session.Receipts is [.., { } last])
        {
            view.Note(last.Explain().TrimEnd());
        }
    }

    private void ChooseModel(string? name)
    {
        if (name is not null)
        {
            session.Model = name;
            view.Note(pipeline.Models.Contains(name, StringComparer.OrdinalIgnoreCase)
                ? $"From now on: {name}."
                : $"From now on: {name}, a model id of the provider of {pipeline.Models[0]}. The configured models are {string.Join(", ", pipeline.Models)}.");
            return;
        }

        view.Note($"Now: {session.Model ?? pipeline.Models[0]}. Available: {string.Join(", ", pipeline.Models)}.");
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
