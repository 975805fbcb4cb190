using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Finds the receipt of what a call returned. Thread-safe.</summary>
/// <remarks>
/// Receipts are kept beside the objects in a weak table and never inside them, so that a cache cannot store one and claim
/// its cost again. An answer that was rebuilt from its parts (<c>ToChatResponse()</c>, a cache) has none; use <see cref="Capture"/>.
/// </remarks>
public static class CallReceipts
{
    private static readonly ConditionalWeakTable<object, CallRecord> Records = [];

    /// <summary>Gets the receipt of a response, combined from its messages where several calls were merged into it.</summary>
    /// <param name="response">The response.</param>
    /// <param name="receipt">The receipt.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryGetReceipt(this ChatResponse response, [NotNullWhen(true)] out CallReceipt? receipt)
    {
        ArgumentNullException.ThrowIfNull(response);
        return Combine(response.Messages.Cast<object>().Prepend(response), out receipt);
    }

    /// <summary>Gets the receipt of a stream that has ended, from its updates.</summary>
    /// <param name="updates">All updates of the stream.</param>
    /// <param name="receipt">The receipt.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryGetReceipt(this IEnumerable<ChatResponseUpdate> updates, [NotNullWhen(true)] out CallReceipt? receipt)
    {
        ArgumentNullException.ThrowIfNull(updates);
        return Combine(updates, out receipt);
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
        return Combine([embeddings], out receipt);
    }

    /// <summary>Gets the receipt of the call that an exception ended.</summary>
    /// <param name="exception">The exception that the call threw.</param>
    /// <param name="receipt">The receipt.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryGetReceipt(this Exception exception, [NotNullWhen(true)] out CallReceipt? receipt)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return Combine([exception], out receipt);
    }

    /// <summary>Says whether another route than the primary answered.</summary>
    /// <param name="response">The response.</param>
    /// <returns>Whether its receipt says so; false where it has none.</returns>
    public static bool WasSubstituted(this ChatResponse response) => response.TryGetReceipt(out CallReceipt? receipt) && receipt.WasSubstituted;

    /// <summary>Collects the receipts of every call that ends in the caller's flow until it is disposed.</summary>
    /// <returns>The collection.</returns>
    public static ReceiptCapture Capture() => ReceiptCapture.Begin();

    internal static void Attach(object to, CallRecord record) => Records.AddOrUpdate(to, record);

    internal static void Attach(ChatResponse response, CallRecord record)
    {
        Attach((object)response, record);
        for (int i = 0; i < response.Messages.Count; i++)
        {
            Attach((object)response.Messages[i], record);
        }
    }

    internal static CallRecord? RecordOf(object attachedTo) => Records.TryGetValue(attachedTo, out CallRecord? record) ? record : null;

    private static bool Combine(IEnumerable<object> parts, [NotNullWhen(true)] out CallReceipt? receipt)
    {
        var receipts = parts.Select(RecordOf).Select(record => record?.Receipt).OfType<CallReceipt>().DistinctBy(r => r.CallId).ToList();
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
