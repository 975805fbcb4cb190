using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace MeaiBudget;

/// <summary>Returns the status as JSON, as a page, or as server-sent events, depending on the Accept header.</summary>
internal sealed class BudgetStatusEndpoint(IReadOnlyList<CostTracker> trackers, RecentCalls? recent, TimeProvider timeProvider, BudgetStatusEndpointOptions options)
{
    private const string EventStream = "text/event-stream";
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    public async Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.Vary = "Accept";
        switch (Choose(context.Request))
        {
            case EventStream:
                await SendEventsAsync(context);
                break;
            case "text/html":
                await SendPageAsync(context);
                break;
            default:
                BudgetStatusSnapshot snapshot = await TakeAsync(context.RequestAborted);
                await context.Response.WriteAsJsonAsync(snapshot, BudgetStatusJson.Default.BudgetStatusSnapshot, cancellationToken: context.RequestAborted);
                break;
        }
    }

    private static string Choose(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out IList<MediaTypeHeaderValue>? accepted))
        {
            return "application/json";
        }

        return accepted.OrderByDescending(static type => type.Quality ?? 1).Select(static type => type.MediaType.Value)
            .FirstOrDefault(static type => type is EventStream or "text/html" or "application/json") ?? "application/json";
    }

    private async Task SendPageAsync(HttpContext context)
    {
        string nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        await context.Response.WriteAsync(BudgetStatusPage.Render(options.Title, nonce), context.RequestAborted);
    }

    private async Task SendEventsAsync(HttpContext context)
    {
        context.Response.ContentType = EventStream;
        CancellationToken gone = context.RequestAborted;
        string last = "";
        long sent = timeProvider.GetTimestamp();
        try
        {
            while (true)
            {
                BudgetStatusSnapshot snapshot = await TakeAsync(gone);
                string state = JsonSerializer.Serialize(snapshot with { At = default }, BudgetStatusJson.Default.BudgetStatusSnapshot);
                if (state != last)
                {
                    last = state;
                    sent = timeProvider.GetTimestamp();
                    await context.Response.WriteAsync("data: " + JsonSerializer.Serialize(snapshot, BudgetStatusJson.Default.BudgetStatusSnapshot) + "\n\n", gone);
                    await context.Response.Body.FlushAsync(gone);
                }
                else if (timeProvider.GetElapsedTime(sent) > KeepAlive)
                {
                    sent = timeProvider.GetTimestamp();
                    await context.Response.WriteAsync(": still here\n\n", gone);
                    await context.Response.Body.FlushAsync(gone);
                }

                await Task.Delay(options.RefreshInterval, timeProvider, gone);
            }
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The browser closed the connection.
        }
    }

    private async Task<BudgetStatusSnapshot> TakeAsync(CancellationToken cancellationToken)
    {
        var budgets = new List<BudgetView>();
        string? problem = trackers.Count == 0 ? "No CostTracker is registered. Register one with AddSingleton." : null;
        foreach (CostTracker tracker in trackers)
        {
            try
            {
                budgets.AddRange((await tracker.GetStatusAsync(cancellationToken)).Select(BudgetView.Of));
            }
            catch (SpendLedgerException)
            {
                problem = $"The ledger of '{tracker.Name}' could not be read, so its budgets are not shown. The log has the reason.";
            }
        }

        (IReadOnlyList<CallReceipt> calls, IReadOnlyList<ModelSpend> models, IReadOnlyList<string> openCircuits) = recent?.Snapshot() ?? ([], [], []);
        return new BudgetStatusSnapshot(options.Title, timeProvider.GetUtcNow(), budgets, models, openCircuits, [.. calls.Select(CallView.Of)], problem);
    }
}
