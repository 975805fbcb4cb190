using System.Buffers;
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

    /// <summary>Counts the output tokens of a stream, as those of the answer that its updates make.</summary>
    public static long Count(CandidateRun run, ArraySegment<ChatResponseUpdate> updates)
    {
        int length = 0;
        for (int i = 0; i < updates.Count; i++)
        {
            if (LengthOfText(updates[i], updates[0]) is not { } more)
            {
                return Count(run, updates.ToChatResponse());
            }

            length += more;
        }

        if (length == 0)
        {
            return 0;
        }

        // Nearly every stream is one text. Joining it here avoids a copy of all its updates.
        char[] joined = ArrayPool<char>.Shared.Rent(length);
        int at = 0;
        for (int i = 0; i < updates.Count; i++)
        {
            // An enumerator of each update's contents would be an object.
            IList<AIContent> contents = updates[i].Contents;
            for (int k = 0; k < contents.Count; k++)
            {
                if (contents[k] is TextContent text)
                {
                    text.Text.CopyTo(joined.AsSpan(at));
                    at += text.Text.Length;
                }
            }
        }

        long tokens = run.OutputCounter.Count(joined.AsSpan(0, length));
        ArrayPool<char>.Shared.Return(joined, clearArray: true);
        return tokens;
    }

    /// <summary>The characters that an update adds to the text of the first one's message; null if it holds anything else, or may begin another message.</summary>
    private static int? LengthOfText(ChatResponseUpdate update, ChatResponseUpdate first)
    {
        if ((update.MessageId ?? first.MessageId) != first.MessageId || (update.AuthorName ?? first.AuthorName) != first.AuthorName
            || (update.Role ?? first.Role) != first.Role)
        {
            return null;
        }

        int length = 0;
        IList<AIContent> contents = update.Contents;
        for (int i = 0; i < contents.Count; i++)
        {
            if (contents[i] is TextContent { Annotations: null or { Count: 0 } } text)
            {
                length += text.Text.Length;
            }
            else if (contents[i] is not UsageContent)
            {
                return null;
            }
        }

        return length;
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
