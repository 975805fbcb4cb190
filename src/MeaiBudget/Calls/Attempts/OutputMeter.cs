using System.Text;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Counts the output tokens of an answer that its provider has not counted.</summary>
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

    /// <summary>The bytes of text in an answer, calls of tools included.</summary>
    public static long Bytes(ChatResponse response) => response.Messages.Sum(message => Bytes(message.Contents));

    /// <summary>The bytes of text in a piece of an answer, calls of tools included.</summary>
    public static long Bytes(IList<AIContent> contents)
    {
        long bytes = 0;
        for (int i = 0; i < contents.Count; i++)
        {
            bytes += contents[i] switch
            {
                TextContent text => Encoding.UTF8.GetByteCount(text.Text),
                TextReasoningContent reasoning => Encoding.UTF8.GetByteCount(reasoning.Text),
                FunctionCallContent call => SentRequest.BytesOf(call.Name) + (call.Arguments is null ? 0 : SentRequest.BytesOf(call.Arguments)),
                ErrorContent error => SentRequest.BytesOf(error.Message),
                _ => 0,
            };
        }

        return bytes;
    }

    /// <summary>What the tokens of a piece cannot exceed: no token is shorter than a byte. Far quicker than counting.</summary>
    public static long UpperBound(CandidateRun run, IList<AIContent> contents)
    {
        long bytes = 0;
        for (int i = 0; i < contents.Count; i++)
        {
            bytes += contents[i] switch
            {
                TextContent text => Encoding.UTF8.GetByteCount(text.Text),
                TextReasoningContent reasoning => Encoding.UTF8.GetByteCount(reasoning.Text),
                FunctionCallContent => Count(run, contents),
                _ => 0,
            };
        }

        return bytes;
    }

    private static long Count(CandidateRun run, IList<AIContent> contents)
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

                // What the model refuses is text that it wrote.
                ErrorContent error => Count(run, error.Message),
                _ => 0,
            };
        }

        return tokens;
    }

    private static long Count(CandidateRun run, string? text) =>
        string.IsNullOrEmpty(text) ? 0 : run.OutputCounter.Count(text);
}
