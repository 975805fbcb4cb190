using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Evaluates the alerts of all ledgers in the background and delivers them. Calls never wait for it.</summary>
internal sealed partial class BudgetAlertService : BackgroundService
{
    /// <summary>An evaluation that takes longer counts as a ledger that is away.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private readonly BudgetAlertOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AlertBoard[] _boards;
    private readonly WebhookSender[] _senders;
    private readonly Dictionary<AlertBoard, (long Since, bool IsFiring)> _away = [];
    private readonly Meter _meter;

    public BudgetAlertService(IEnumerable<CostTracker> trackers, BudgetAlertOptions options, TimeProvider time, ILogger<BudgetAlertService> logger, IMeterFactory? meters = null)
    {
        (_options, _time, _logger) = (options, time, logger);
        _boards = [.. trackers.Distinct().GroupBy(tracker => tracker.Ledger).Select(group => new AlertBoard(
            group.Key, new AlertRules(new ConsoleData([.. group], null, group.Key.Clock, new BudgetConsoleOptions()), options), options))];
        _meter = meters?.Create(MeaiBudgetDiagnostics.MeterName) ?? new Meter(MeaiBudgetDiagnostics.MeterName);
        Counter<long> deliveries = _meter.CreateCounter<long>(BudgetAlertOptions.DeliveriesMetric, "{message}", "Messages to webhooks: delivered, repeated or dropped.");
        _meter.CreateObservableGauge(BudgetAlertOptions.FiringMetric, Firing, "{alert}", "The alerts that fire, by rule.");
        _senders = [.. options.Webhooks.Select(webhook => new WebhookSender(webhook, options, time, logger, deliveries))];
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Task sending = SendAllAsync(stoppingToken);
        try
        {
            while (true)
            {
                await EvaluateAllAsync(stoppingToken);
                await Task.Delay(_options.Interval, _time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Sends messages until it is cancelled.</summary>
    internal Task SendAllAsync(CancellationToken stopping) => Task.WhenAll(_senders.Select(sender => sender.RunAsync(stopping)));

    /// <summary>Evaluates the rules of every ledger once.</summary>
    internal async Task EvaluateAllAsync(CancellationToken stopping)
    {
        foreach (AlertBoard board in _boards)
        {
            await EvaluateAsync(board, stopping);
        }
    }

    public override void Dispose()
    {
        foreach (WebhookSender sender in _senders)
        {
            sender.Dispose();
        }

        _meter.Dispose();
        base.Dispose();
    }

    private async Task EvaluateAsync(AlertBoard board, CancellationToken stopping)
    {
        try
        {
            (IReadOnlyList<(AlertState State, bool IsCritical)> began, IReadOnlyList<AlertState> ended) = await board.EvaluateAsync(stopping).WaitAsync(Longest, _time, stopping);
            Answered(board);
            if (began.Count > 0)
            {
                foreach ((AlertState state, _) in began)
                {
                    LogFires(state.Rule, state.Text);
                }

                Send(board, new AlertMessage(false, began.Any(one => one.IsCritical), [.. began.Select(one => one.State.Text).Distinct()], _time.GetUtcNow()), [.. began.Select(one => one.State)]);
            }

            if (ended.Count > 0)
            {
                foreach (AlertState state in ended)
                {
                    LogEnded(state.Rule, state.Text);
                }

                Send(board, new AlertMessage(true, false, [.. ended.Select(state => state.Text).Distinct()], _time.GetUtcNow()), ended);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // One failed evaluation must not end the alerts. A ledger that stays away is an alert itself.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Failed(board, exception);
        }
    }

    /// <summary>Sends a message to every webhook, and notes in the ledger when all are done with it.</summary>
    private void Send(AlertBoard? board, AlertMessage message, IReadOnlyList<AlertState> states)
    {
        int waiting = _senders.Length;
        void Done(bool isDelivered)
        {
            if (Interlocked.Decrement(ref waiting) <= 0 && board is not null)
            {
                _ = NoteAsync(board, message, states);
            }
        }

        foreach (WebhookSender sender in _senders)
        {
            sender.Send(message, Done);
        }

        if (_senders.Length == 0)
        {
            Done(true);
        }
    }

    private async Task NoteAsync(AlertBoard board, AlertMessage message, IReadOnlyList<AlertState> states)
    {
        foreach (AlertState state in states)
        {
            try
            {
                await board.DeliveredAsync(state, message.IsResolved, CancellationToken.None);
            }
#pragma warning disable CA1031 // Not noted: another evaluation delivers it again, which is better than never.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogNotEvaluated(board.Ledger.Name, exception.GetType().Name);
            }
        }
    }

    /// <summary>Alerts of a ledger that is away. It cannot be claimed in the ledger, so each node that cannot reach it says so.</summary>
    private void Failed(AlertBoard board, Exception exception)
    {
        LogNotEvaluated(board.Ledger.Name, exception.GetType().Name);
        if (!_away.TryGetValue(board, out (long Since, bool IsFiring) away))
        {
            _away[board] = away = (_time.GetTimestamp(), false);
        }

        if (!away.IsFiring && _time.GetElapsedTime(away.Since) >= _options.LedgerAwayFor)
        {
            _away[board] = (away.Since, true);
            string text = AwayText(board);
            LogFires("ledger", text);
            Send(null, new AlertMessage(false, true, [text], _time.GetUtcNow()), []);
        }
    }

    private void Answered(AlertBoard board)
    {
        if (_away.Remove(board, out (long Since, bool IsFiring) away) && away.IsFiring)
        {
            string text = AwayText(board);
            LogEnded("ledger", text);
            Send(null, new AlertMessage(true, false, [text], _time.GetUtcNow()), []);
        }
    }

    private string AwayText(AlertBoard board) => $"The ledger '{board.Ledger.Name}' does not answer on node '{_options.Node}'.";

    private IEnumerable<Measurement<int>> Firing()
    {
        var counts = _boards.SelectMany(board => board.Firing).GroupBy(state => state.Rule).ToDictionary(rule => rule.Key, rule => rule.Count(), StringComparer.Ordinal);
        foreach (string rule in (string[])["threshold", "burn-rate", "refusals", "unpriced", "prices"])
        {
            yield return new Measurement<int>(counts.GetValueOrDefault(rule), new KeyValuePair<string, object?>("rule", rule));
        }
    }

    [LoggerMessage(EventId = 520, Level = LogLevel.Warning, Message = "An alert fires ({Rule}): {Text}")]
    private partial void LogFires(string rule, string text);

    [LoggerMessage(EventId = 522, Level = LogLevel.Information, Message = "An alert ended ({Rule}): {Text}")]
    private partial void LogEnded(string rule, string text);

    [LoggerMessage(EventId = 523, Level = LogLevel.Warning, Message = "The alerts of the ledger '{Ledger}' could not be evaluated or noted ({Failure}). They are tried again.")]
    private partial void LogNotEvaluated(string ledger, string failure);
}
