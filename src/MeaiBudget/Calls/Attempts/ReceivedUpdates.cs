using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>What a stream has brought so far. An update that only adds text to its message is kept as the text.</summary>
/// <remarks>
/// The objects of an update, with the SDK's own below them, would outlive the collections of the youngest generation during a stream, which
/// costs more than reading them. Not thread-safe.
/// </remarks>
internal sealed class ReceivedUpdates
{
    private readonly List<Entry> _entries = [];
    private char[] _text = ArrayPool<char>.Shared.Rent(1024);
    private int _length;
    private int _countedLength;
    private long _countedTokens;
    private bool _isOneText = true;

    /// <summary>The number of updates.</summary>
    public int Count { get; private set; }

    /// <summary>Adds an update.</summary>
    public void Add(ChatResponseUpdate update)
    {
        Count++;
        bool isText = IsText(update.Contents, out bool isPlain);
        bool isJoined = isPlain && update.AdditionalProperties is null && update.FinishReason is null;
        if (isJoined && _entries.Count > 0 && _entries[^1] is { IsJoined: true } last && Continues(update, last.Update))
        {
            Append(update.Contents);
            last.Continue(update, _length, update.Contents.Count > 0);
            return;
        }

        var entry = new Entry(update, isText, isJoined, _length) { CreatedAt = update.CreatedAt, HasContents = update.Contents.Count > 0 };
        if (isText)
        {
            Append(update.Contents);
            entry.End = _length;
        }

        _entries.Add(entry);
        _isOneText = _isOneText && isText && IsOfMessage(update, _entries[0].Update);
    }

    /// <summary>Adds an update if it adds a text to the last message and says nothing else, as nearly all updates of a stream do.</summary>
    /// <param name="update">The update.</param>
    /// <param name="text">Its text; not empty.</param>
    /// <returns>True if it was added.</returns>
    public bool TryAddText(ChatResponseUpdate update, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (_entries.Count == 0 || _entries[^1] is not { IsJoined: true } last
            || update is not { AdditionalProperties: null, FinishReason: null, ContinuationToken: null }
            || update.Contents is not List<AIContent> { Count: 1 } contents
            || contents[0] is not TextContent { Annotations: null or { Count: 0 }, AdditionalProperties: null, Text: { Length: > 0 } added }
            || !Continues(update, last.Update))
        {
            return false;
        }

        Count++;
        Append(added);
        last.Continue(update, _length, hasContents: true);
        text = added;
        return true;
    }

    /// <summary>Counts the output tokens, as those of the answer that the updates make.</summary>
    public long Tokens(CandidateRun run) =>
        _isOneText ? TokensOf(run, 0) : OutputMeter.Count(run, ToResponse());

    /// <summary>
    /// Returns a number of tokens that the updates do not exceed. Each time it counts what came since the last time, as a text of its own. Only if
    /// that is more than a limit, all of it is counted as the one text that it is, which may have fewer tokens.
    /// </summary>
    public long TokensAtMost(CandidateRun run, long limit)
    {
        if (!_isOneText)
        {
            return Tokens(run);
        }

        _countedTokens += TokensOf(run, _countedLength) + 1;
        _countedLength = _length;
        if (_countedTokens > limit)
        {
            _countedTokens = Tokens(run);
        }

        return _countedTokens;
    }

    /// <summary>The bytes of text, calls of tools included.</summary>
    public long Bytes()
    {
        long bytes = Encoding.UTF8.GetByteCount(_text.AsSpan(0, _length));
        foreach (Entry entry in _entries)
        {
            bytes += entry.IsText ? 0 : OutputMeter.Bytes(entry.Update.Contents);
        }

        return bytes;
    }

    /// <summary>Makes the answer of the updates.</summary>
    public ChatResponse ToResponse() => _entries.Select(Update).ToChatResponse();

    /// <summary>Gives the memory of the text back, and forgets all updates.</summary>
    public void Clear()
    {
        ArrayPool<char>.Shared.Return(_text, clearArray: true);
        _text = [];
        _length = Count = 0;
        _entries.Clear();
    }

    /// <summary>True if the contents are text, and usage.</summary>
    private static bool IsText(IList<AIContent> contents, out bool isPlain)
    {
        isPlain = true;
        for (int i = 0; i < contents.Count; i++)
        {
            if (contents[i] is TextContent { Annotations: null or { Count: 0 } } text)
            {
                isPlain &= text.AdditionalProperties is null;
            }
            else if (contents[i] is UsageContent)
            {
                isPlain = false;
            }
            else
            {
                return isPlain = false;
            }
        }

        return true;
    }

    /// <summary>True if an update says nothing about its message and its answer that an earlier one did not say.</summary>
    private static bool Continues(ChatResponseUpdate update, ChatResponseUpdate first) =>
        IsOfMessage(update, first)
        && IsNothingNew(update.ResponseId, first.ResponseId)
        && IsNothingNew(update.ModelId, first.ModelId)
        && IsNothingNew(update.ConversationId, first.ConversationId)
        && (update.ContinuationToken is null || first.ContinuationToken is not null);

    private static bool IsOfMessage(ChatResponseUpdate update, ChatResponseUpdate first) =>
        IsNothingNew(update.MessageId, first.MessageId)
        && IsNothingNew(update.AuthorName, first.AuthorName)
        && (update.Role is not { } role || (first.Role is { } known && ((object)role.Value == known.Value || role == known)));

    private static bool IsNothingNew(string? told, string? first) => told is null || (object)told == first || told == first;

    private long TokensOf(CandidateRun run, int start) => _length > start ? run.OutputCounter.Count(_text.AsSpan(start, _length - start)) : 0;

    private void Append(IList<AIContent> contents)
    {
        for (int i = 0; i < contents.Count; i++)
        {
            if (contents[i] is TextContent { Text: var text })
            {
                Append(text);
            }
        }
    }

    private void Append(string text)
    {
        if (_length + text.Length > _text.Length)
        {
            char[] larger = ArrayPool<char>.Shared.Rent(checked((_length + text.Length) * 2));
            _text.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<char>.Shared.Return(_text, clearArray: true);
            _text = larger;
        }

        text.CopyTo(_text.AsSpan(_length));
        _length += text.Length;
    }

    private ChatResponseUpdate Update(Entry entry) => !entry.IsJoined ? entry.Update : new ChatResponseUpdate
    {
        AuthorName = entry.Update.AuthorName,
        Role = entry.Update.Role,
        ResponseId = entry.Update.ResponseId,
        MessageId = entry.Update.MessageId,
        ConversationId = entry.Update.ConversationId,
        ModelId = entry.Update.ModelId,
        CreatedAt = entry.CreatedAt,
        Contents = !entry.HasContents ? [] : [new TextContent(new string(_text, entry.Start, entry.End - entry.Start))],
    };

    /// <summary>An update, and the text of those that continue it.</summary>
    private sealed class Entry(ChatResponseUpdate update, bool isText, bool isJoined, int start)
    {
        private bool _hasTime;

        public ChatResponseUpdate Update { get; } = update;

        /// <summary>True if its contents are text, which is kept apart.</summary>
        public bool IsText { get; } = isText;

        /// <summary>True if nothing but its text, its message and its answer matters, so that others can continue it.</summary>
        public bool IsJoined { get; } = isJoined;

        public int Start { get; } = start;

        public int End { get; set; } = start;

        public bool HasContents { get; set; }

        public DateTimeOffset? CreatedAt { get; set; }

        /// <summary>Notes an update that continues it.</summary>
        public void Continue(ChatResponseUpdate update, int end, bool hasContents)
        {
            End = end;
            HasContents |= hasContents;

            // As the abstractions do: the first time counts that is one.
            if (!_hasTime && !(_hasTime = CreatedAt > DateTimeOffset.UnixEpoch))
            {
                CreatedAt = update.CreatedAt ?? CreatedAt;
            }
        }
    }
}
