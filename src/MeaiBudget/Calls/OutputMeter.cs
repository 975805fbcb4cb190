using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Counts the output tokens of an answer while it arrives.</summary>
internal static class OutputMeter
{
    public static long Count(CandidateRun run, ChatResponse response)
    {
        long tokens = 0;
        foreach (ChatMessage message in response.Messages)
        {
            tokens += Count(run, message.Contents);
        }

        return tokens;
    }

    /// <summary>The tokens of one piece. Pieces are counted one by one, which is never less than the whole.</summary>
    public static long Count(CandidateRun run, IList<AIContent> contents)
    {
        long tokens = 0;
        for (int i = 0; i < contents.Count; i++)
        {
            tokens += contents[i] switch
            {
                TextContent text => Count(run, text.Text),
                TextReasoningContent reasoning => Count(run, reasoning.Text),
                FunctionCallContent call => 8 + Count(run, call.Name)
                    + (call.Arguments?.Sum(argument => Count(run, argument.Key) + Count(run, argument.Value?.ToString()) + 2) ?? 0),
                _ => 0,
            };
        }

        return tokens;
    }

    private static long Count(CandidateRun run, string? text) =>
        string.IsNullOrEmpty(text) ? 0 : run.OutputCounter.Count(text);
}
