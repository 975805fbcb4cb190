using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Finds the receipt of what a call returned. Thread-safe.</summary>
/// <remarks>
/// A receipt is not serialized with its answer, so that a cache cannot store one and claim its cost again. An answer that was rebuilt
/// from its parts (<c>ToChatResponse()</c>, a cache) has no receipt; neither has a message or an update whose <c>Contents</c> were
/// replaced by another list. Use <see cref="Capture"/> there.
/// </remarks>
public static class CallReceipts
{
    // Each entry costs a handle that every garbage collection looks at, so that answers are here only if they cannot carry their record.
    private static readonly ConditionalWeakTable<object, CallRecord> Records = [];

    /// <summary>Gets the receipt of a response, combined from its messages where several calls were merged into it.</summary>
    /// <param name="response">The response.</param>
    /// <param name="receipt">The receipt.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryGetReceipt(this ChatResponse response, [NotNullWhen(true)] out CallReceipt? receipt)
    {
        ArgumentNullException.ThrowIfNull(response);
        return Combine(response.Messages.Select(RecordOf).Prepend(RecordOf(response)), out receipt);
    }

    /// <summary>Gets the receipt of a stream that has ended, from its updates.</summary>
    /// <param name="updates">All updates of the stream.</param>
    /// <param name="receipt">The receipt.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryGetReceipt(this IEnumerable<ChatResponseUpdate> updates, [NotNullWhen(true)] out CallReceipt? receipt)
    {
        ArgumentNullException.ThrowIfNull(updates);
        return Combine(updates.Select(RecordOf), out receipt);
    }

    /// <summary>Gets the receipt of a request for embeddings.</summary>
    /// <typeparam name="TEmbedding">The embeddings.</typeparam>
    /// <param name="embeddings">What the generator returned.</param>
    /// <param name="receipt">The receipt.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryGetReceipt<TEmbedding>(this GeneratedEmbeddings<TEmbedding> embeddings, [NotNullWhen(true)] out CallReceipt? receipt)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        return Combine([ReceiptUsage.RecordOf(embeddings.Usage, embeddings) ?? InTable(embeddings)], out receipt);
    }

    /// <summary>Gets the receipt of the call that an exception ended.</summary>
    /// <param name="exception">The exception that the call threw.</param>
    /// <param name="receipt">The receipt.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryGetReceipt(this Exception exception, [NotNullWhen(true)] out CallReceipt? receipt)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return Combine([InTable(exception)], out receipt);
    }

    /// <summary>Says whether another route than the primary answered.</summary>
    /// <param name="response">The response.</param>
    /// <returns>Whether its receipt says so; false where it has none.</returns>
    public static bool WasSubstituted(this ChatResponse response) => response.TryGetReceipt(out CallReceipt? receipt) && receipt.WasSubstituted;

    /// <summary>Collects the receipts of every call that ends in the caller's flow until it is disposed.</summary>
    /// <returns>The collection.</returns>
    public static ReceiptCapture Capture() => ReceiptCapture.Begin();

    internal static void Attach(Exception exception, CallRecord record) => Records.AddOrUpdate(exception, record);

    /// <summary>Attaches the record of a call to its response and to each of the response's messages.</summary>
    /// <param name="response">The response.</param>
    /// <param name="record">The record.</param>
    /// <param name="request">The messages of the caller. They are not changed, even if a client returns them.</param>
    /// <param name="options">The options of the call.</param>
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
    /// Whether contents call a function that may need the user's approval: <see cref="FunctionInvokingChatClient"/> then replaces them,
    /// and its own additional tools are not known here.
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
