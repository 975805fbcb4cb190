using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The contents of an answer's message or update, with the record of the call that the answer belongs to.</summary>
/// <remarks>
/// Serializers write it as the plain list that it is, so that a cache stores no receipt. Copies of a message share the list; the record
/// counts only for the message that it was attached to. The list knows this owner by its identity hash, because a reference would keep
/// the message alive for as long as its contents.
/// </remarks>
internal sealed class ReceiptContents : List<AIContent>
{
    private readonly int _owner;
    private CallRecord _record;

    private ReceiptContents(List<AIContent> contents, object owner, CallRecord record)
        : base(contents)
    {
        _owner = RuntimeHelpers.GetHashCode(owner);
        _record = record;
    }

    /// <summary>Finds the record in the contents of a message or an update.</summary>
    /// <param name="contents">The contents.</param>
    /// <param name="owner">The message or update.</param>
    /// <returns>The record; <see langword="null"/> if there is none, or if it belongs to another owner.</returns>
    public static CallRecord? RecordOf(IList<AIContent> contents, object owner) =>
        contents is ReceiptContents own && own.IsOwnedBy(owner) ? Volatile.Read(ref own._record) : null;

    /// <summary>Attaches a record to contents that hold one already.</summary>
    /// <param name="contents">The contents of the message or update. They are not replaced.</param>
    /// <param name="owner">The message or update.</param>
    /// <param name="record">The record.</param>
    /// <returns>False if the contents hold none for this owner.</returns>
    public static bool TryUpdate(IList<AIContent> contents, object owner, CallRecord record)
    {
        if (contents is not ReceiptContents own || !own.IsOwnedBy(owner))
        {
            return false;
        }

        Volatile.Write(ref own._record, record);
        return true;
    }

    /// <summary>Makes contents that hold a record.</summary>
    /// <param name="contents">The contents of the message or update.</param>
    /// <param name="owner">The message or update.</param>
    /// <param name="record">The record.</param>
    /// <returns>The contents to give to the owner; <see langword="null"/> for a list of another type, which must stay what it is.</returns>
    public static ReceiptContents? TryCreate(IList<AIContent> contents, object owner, CallRecord record) =>
        contents is List<AIContent> list && (list.GetType() == typeof(List<AIContent>) || list is ReceiptContents)
            ? new ReceiptContents(list, owner, record)
            : null;

    private bool IsOwnedBy(object owner) => _owner == RuntimeHelpers.GetHashCode(owner);
}
