using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeaiBudget;

/// <summary>Checks that every ledger answers. Each is asked once, however many trackers use it, and all at the same time.</summary>
internal sealed class LedgerHealthCheck(IReadOnlyList<CostTracker> trackers, TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (trackers.Count == 0)
        {
            return HealthCheckResult.Healthy("No CostTracker is registered.");
        }

        ISpendLedger[] ledgers = [.. trackers.Select(tracker => tracker.Ledger).Distinct()];
        (string Said, bool IsAway)[] answers = await Task.WhenAll(ledgers.Select(ledger => AskAsync(ledger, cancellationToken)));
        var data = new CheckData();
        var away = new List<string>();
        for (int i = 0; i < ledgers.Length; i++)
        {
            string name = data.Add(ledgers[i].Name, answers[i].Said);
            if (answers[i].IsAway)
            {
                away.Add($"The ledger '{name}' {answers[i].Said}.");
            }
        }

        return away.Count > 0
            ? new HealthCheckResult(context.Registration.FailureStatus, string.Join(' ', away.Take(5)), data: data.Values)
            : HealthCheckResult.Healthy("Every ledger answers.", data.Values);
    }

    private async Task<(string Said, bool IsAway)> AskAsync(ISpendLedger ledger, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            // On another thread, because a ledger may block before it returns a task.
            await Task.Run(() => ledger.ReadAsync([new LedgerAccountQuery("meaibudget/health", 0, 0)], ended.Token).AsTask(), cancellationToken).WaitAsync(Longest, time, cancellationToken);
            return (string.Create(CultureInfo.InvariantCulture, $"answered in {time.GetElapsedTime(began).TotalMilliseconds:0} ms"), false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (TimeoutException)
        {
            await ended.CancelAsync();
            return ("did not answer within 2 seconds", true);
        }
#pragma warning disable CA1031 // Whatever a ledger throws, it does not answer. The exception may name the server; the log has it, a health endpoint is often public.
        catch (Exception)
#pragma warning restore CA1031
        {
            return ("failed", true);
        }
    }
}
