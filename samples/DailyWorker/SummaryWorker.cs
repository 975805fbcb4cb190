using MeaiBudget;
using Microsoft.Extensions.AI;

namespace DailyWorker;

/// <summary>Summarizes one document after the other, and stops for the day when the budget refuses.</summary>
internal sealed class SummaryWorker(IChatClient client, CostTracker tracker, IHostApplicationLifetime lifetime, ILogger<SummaryWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (int document = 1; document <= 100; document++)
        {
            try
            {
                ChatResponse summary = await client.GetResponseAsync($"Summarize document {document}.", new ChatOptions { MaxOutputTokens = 1000 }, stoppingToken);
                logger.LogInformation("Document {Document}: {Summary}", document, summary.Text);
            }
            catch (BudgetExceededException refused)
            {
                // A worker that runs all the time would wait until refused.ResetsAt; this one ends.
                BudgetStatus status = await tracker.GetStatusAsync("summaries", cancellationToken: stoppingToken);
                logger.LogWarning("Stopped before document {Document}: {Reason}. Spent {Spent} dollars of {Limit}. The budget resets at {ResetsAt}.", document, refused.Message, status.Spent, status.Limit, status.ResetsAt);
                break;
            }
        }

        lifetime.StopApplication();
    }
}
