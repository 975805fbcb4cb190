using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Finds the receipt of a response, a stream, embeddings or an exception. Thread-safe.</summary>
/// <remarks>
/// Receipts are not serialized with responses, so a cached response does not report its cost again. A response that was rebuilt from
/// its parts (<c>ToChatResponse()</c>, a cache) has no receipt, and neither has a message or an update whose <c>Contents</c> were
/// replaced by another list. Use <see cref="Capture"/> in these cases.
/// </remarks>
/// <example>
/// <code>
/// using ReceiptCapture capture = CallReceipts.Capture();
/// await client.GetResponseAsync("What is the capital of Italy?");   // also calls that libraries make in this flow
/// Console.WriteLine($"{capture.Receipts.Count} calls, {capture.Receipts.Sum(receipt =&gt; receipt.Cost)} USD");
/// </code>
/// </example>
public static class CallReceipts
{
    // Each entry costs a handle that every garbage collection scans, so it has only objects that cannot carry their record themselves.
    private static readonly ConditionalWeakTable<object, CallRecord> Records = [];

    /// <summary>Gets the receipt of a response. If several calls were merged into the response, their receipts are combined.</summary>
    /// <param name="response">The response.</param>
    /// <param name="receipt">The receipt; <see langword="null"/> if there is none.</param>
    /// <returns><see langword="true"/> if there is a receipt.</returns>
    public static bool TryGetReceipt(this ChatResponse response, [NotNullWhen(true)] out CallReceipt? receipt)
    {
        ArgumentNullException.ThrowIfNull(response);
        return Combine(response.Messages.Select(RecordOf).Prepend(RecordOf(response)), out receipt);
    }

    /// <summary>Gets the receipt of a stream that has ended, from its updates.</summary>
    /// <param name="updates">All updates of the stream.</param>
    /// <param name="receipt">The receipt; <see langword="null"/> if there is none.</param>
    /// <returns><see langword="true"/> if there is a receipt.</returns>
    public static bool TryGetReceipt(this IEnumerable<ChatResponseUpdate> updates, [NotNullWhen(true)] out CallReceipt? receipt)
    {
        ArgumentNullException.ThrowIfNull(updates);
        return Combine(updates.Select(RecordOf), out receipt);
    }

    /// <summary>Gets the receipt of an embedding request.</summary>
    /// <typeparam name="TEmbedding">The type of the embeddings.</typeparam>
    /// <param name="embeddings">The result of the generator.</param>
    /// <param name="receipt">The receipt; <see langword="null"/> if there is none.</param>
    /// <returns><see langword="true"/> if there is a receipt.</returns>
    public static bool TryGetReceipt<TEmbedding>(this GeneratedEmbeddings<TEmbedding> embeddings, [NotNullWhen(true)] out CallReceipt? receipt)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        return Combine([ReceiptUsage.RecordOf(embeddings.Usage, embeddings) ?? InTable(embeddings)], out receipt);
    }

    /// <summary>Gets the receipt of a call that threw an exception.</summary>
    /// <param name="exception">The exception that the call threw.</param>
    /// <param name="receipt">The receipt; <see langword="null"/> if there is none.</param>
    /// <returns><see langword="true"/> if there is a receipt.</returns>
    public static bool TryGetReceipt(this Exception exception, [NotNullWhen(true)] out CallReceipt? receipt)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return Combine([InTable(exception)], out receipt);
    }

    /// <summary>Returns whether a route other than the primary answered.</summary>
    /// <param name="response">The response.</param>
    /// <returns><see langword="true"/> if another route answered; <see langword="false"/> if not, or if the response has no receipt.</returns>
    public static bool WasSubstituted(this ChatResponse response) => response.TryGetReceipt(out CallReceipt? receipt) && receipt.WasSubstituted;

    /// <summary>Collects the receipts of all calls that are made in the caller's async flow, until the result is disposed.</summary>
    /// <returns>The capture, with the receipts so far.</returns>
    public static ReceiptCapture Capture() => ReceiptCapture.Begin();

    internal static void Attach(Exception exception, CallRecord record) => Records.AddOrUpdate(exception, record);

    /// <summary>Attaches the record of a call to its response and to each of the response's messages.</summary>
    /// <remarks>The request's messages belong to the caller. They are not changed, even if a client returns them in its response.</remarks>
    internal static void Attach(ChatResponse response, CallRecord record, IReadOnlyList<ChatMessage> request, ChatOptions? options)
    {
        bool isCarried = false;
        UsageDetails? usage = response.Usage;
        if (ReceiptUsage.TryAttach(ref usage, response, record))
        {
            response.Usage = usage;
            isCarried = true;
        }

        IList<ChatMessage> messages = response.Messages;
        for (int i = 0; i < messages.Count; i++)
        {
            ChatMessage message = messages[i];
            IList<AIContent> contents = message.Contents;
            isCarried = isCarried && !MayNeedApproval(contents, options);
            if (ReceiptContents.TryUpdate(contents, message, record))
            {
                continue;
            }

            if (!IsOneOf(request, message) && ReceiptContents.TryCreate(contents, message, record) is { } replacement)
            {
                message.Contents = replacement;
            }
            else
            {
                Records.AddOrUpdate(message, record);
            }
        }

        if (!isCarried)
        {
            Records.AddOrUpdate(response, record);
        }
    }

    internal static void Attach(ChatResponseUpdate update, CallRecord record, ChatOptions? options)
    {
        IList<AIContent> contents = update.Contents;
        bool isCarried = ReceiptContents.TryUpdate(contents, update, record);
        if (!isCarried && ReceiptContents.TryCreate(contents, update, record) is { } replacement)
        {
            update.Contents = replacement;
            isCarried = true;
        }

        if (!isCarried || MayNeedApproval(contents, options))
        {
            Records.AddOrUpdate(update, record);
        }
    }

    internal static void Attach<TEmbedding>(GeneratedEmbeddings<TEmbedding> embeddings, CallRecord record)
        where TEmbedding : Embedding
    {
        UsageDetails? usage = embeddings.Usage;
        if (ReceiptUsage.TryAttach(ref usage, embeddings, record))
        {
            embeddings.Usage = usage;
        }
        else
        {
            Records.AddOrUpdate(embeddings, record);
        }
    }

    internal static CallRecord? RecordOf(ChatResponse response) => ReceiptUsage.RecordOf(response.Usage, response) ?? InTable(response);

    internal static CallRecord? RecordOf(ChatResponseUpdate update) => ReceiptContents.RecordOf(update.Contents, update) ?? InTable(update);

    private static CallRecord? RecordOf(ChatMessage message) => ReceiptContents.RecordOf(message.Contents, message) ?? InTable(message);

    private static CallRecord? InTable(object attachedTo) => Records.TryGetValue(attachedTo, out CallRecord? record) ? record : null;

    private static bool IsOneOf(IReadOnlyList<ChatMessage> messages, ChatMessage message)
    {
        for (int i = 0; i < messages.Count; i++)
        {
            if (ReferenceEquals(messages[i], message))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// True if the contents call a function that may need the user's approval. <see cref="FunctionInvokingChatClient"/> then replaces the
    /// contents. Its additional tools are not known here, so unknown functions count too.
    /// </summary>
    private static bool MayNeedApproval(IList<AIContent> contents, ChatOptions? options)
    {
        for (int i = 0; i < contents.Count; i++)
        {
            if (contents[i] is FunctionCallContent call && !IsKnownToNeedNone(call.Name, options?.Tools))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsKnownToNeedNone(string name, IList<AITool>? tools)
    {
        for (int i = 0; i < tools?.Count; i++)
        {
            if (tools[i].Name == name)
            {
                return tools[i].GetService<ApprovalRequiredAIFunction>() is null;
            }
        }

        return false;
    }

    private static bool Combine(IEnumerable<CallRecord?> records, [NotNullWhen(true)] out CallReceipt? receipt)
    {
        var receipts = records.Select(record => record?.Receipt).OfType<CallReceipt>().DistinctBy(r => r.CallId).ToList();
        receipt = receipts.Count switch
        {
            0 => null,
            1 => receipts[0],
            _ => receipts.OrderBy(r => r.StartedAt).First() with
            {
                Duration = receipts.Max(r => r.StartedAt + r.Duration) - receipts.Min(r => r.StartedAt),
                Attempts = [.. receipts.OrderBy(r => r.StartedAt).SelectMany(r => r.Attempts)],
                FinishReason = receipts.Select(r => r.FinishReason).LastOrDefault(reason => reason is not null),
                WasSubstituted = receipts.Exists(r => r.WasSubstituted),
            },
        };
        return receipt is not null;
    }
}
