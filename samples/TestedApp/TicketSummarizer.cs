using MeaiBudget;
using Microsoft.Extensions.AI;

namespace Samples;

/// <summary>The code under test: summarizes a support ticket, and falls back to its first line if the budget refuses.</summary>
public sealed class TicketSummarizer(IChatClient client)
{
    public async Task<string> SummarizeAsync(string ticket, CancellationToken cancellationToken = default)
    {
        try
        {
            ChatResponse response = await client.GetResponseAsync($"Summarize in one sentence:\n{ticket}", new ChatOptions { MaxOutputTokens = 100 }, cancellationToken);
            return response.Text;
        }
        catch (BudgetExceededException)
        {
            return ticket.Split('\n')[0];
        }
    }
}
