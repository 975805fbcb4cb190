using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The usage of an answer, with the record of the call that the answer belongs to.</summary>
/// <remarks>
/// Finds the receipt of a response whose messages another layer replaced. Serializers write the declared type, and with it no record.
/// The record counts only for the answer that it was attached to (see <see cref="ReceiptContents"/>): function invocation moves a usage
/// from one response to another.
/// </remarks>
internal sealed class ReceiptUsage : UsageDetails
{
    /// <summary>The counts that <see cref="CopyKnown"/> copies. A later version of the abstractions may have more.</summary>
    private const int KnownCounts = 9;

    private static readonly bool HasOnlyKnownCounts =
        typeof(UsageDetails).GetProperties().Count(property => property.PropertyType == typeof(long?)) == KnownCounts;

    private readonly int _owner;
    private CallRecord _record;

    private ReceiptUsage(UsageDetails usage, object owner, CallRecord record)
    {
        AdditionalPropertiesDictionary<long>? counts = usage.AdditionalCounts;
        if (HasOnlyKnownCounts)
        {
            CopyKnown(usage);
        }
        else
        {
            // Adding to nothing copies every count, but makes another dictionary.
            Add(usage);
        }

        AdditionalCounts = counts;
        _owner = RuntimeHelpers.GetHashCode(owner);
        _record = record;
    }

    /// <summary>Finds the record in the usage of an answer.</summary>
    /// <param name="usage">The usage.</param>
    /// <param name="owner">The response or the embeddings.</param>
    /// <returns>The record; <see langword="null"/> if there is none, or if it belongs to another owner.</returns>
    public static CallRecord? RecordOf(UsageDetails? usage, object owner) =>
        usage is ReceiptUsage own && own.IsOwnedBy(owner) ? Volatile.Read(ref own._record) : null;

    /// <summary>Attaches a record to a usage.</summary>
    /// <param name="usage">The usage of the answer. If the method returns true, the answer must be given this usage.</param>
    /// <param name="owner">The response or the embeddings.</param>
    /// <param name="record">The record.</param>
    /// <returns>False if there is no usage, or one of another type, which must stay what it is.</returns>
    public static bool TryAttach(ref UsageDetails? usage, object owner, CallRecord record)
    {
        switch (usage)
        {
            case ReceiptUsage own when own.IsOwnedBy(owner):
                Volatile.Write(ref own._record, record);
                return true;
            case ReceiptUsage:
            case { } plain when plain.GetType() == typeof(UsageDetails):
                usage = new ReceiptUsage(usage, owner, record);
                return true;
            default:
                return false;
        }
    }

    private void CopyKnown(UsageDetails usage)
    {
        InputTokenCount = usage.InputTokenCount;
        OutputTokenCount = usage.OutputTokenCount;
        TotalTokenCount = usage.TotalTokenCount;
        CachedInputTokenCount = usage.CachedInputTokenCount;
        ReasoningTokenCount = usage.ReasoningTokenCount;
#pragma warning disable MEAI001 // Experimental. If a later version has them no more, or others, this method is not called.
        InputAudioTokenCount = usage.InputAudioTokenCount;
        InputTextTokenCount = usage.InputTextTokenCount;
        OutputAudioTokenCount = usage.OutputAudioTokenCount;
        OutputTextTokenCount = usage.OutputTextTokenCount;
#pragma warning restore MEAI001
    }

    private bool IsOwnedBy(object owner) => _owner == RuntimeHelpers.GetHashCode(owner);
}
