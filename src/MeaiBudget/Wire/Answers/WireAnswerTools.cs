using System.Text;
using Field = MeaiBudget.WireAnswerField;

namespace MeaiBudget;

/// <summary>Counts the calls of server tools that an answer shows: those that events tell one by one, or those of the whole answer.</summary>
internal sealed class WireAnswerTools
{
    private Counts _events;
    private Counts _whole;
    private Counts _event;
    private Kind _kind;
    private bool _isNoSearch;
    private string? _container;

    // The containers of the event at hand, and those of all events; few answers have one.
    private HashSet<string>? _containers;
    private HashSet<string>? _eventContainers;

    private enum Kind
    {
        Other,
        WebSearch,
        WebFetch,
        FileSearch,
        Code,
        Shell,
        Image,
    }

    /// <summary>Gets the number of web searches; at least one if the answer is grounded.</summary>
    public long WebSearches => Math.Max(Math.Max(_events.Web, _whole.Web), IsGrounded ? 1 : 0);

    /// <summary>Gets the number of file searches.</summary>
    public long FileSearches => Math.Max(_events.File, _whole.File);

    /// <summary>Gets the number of containers in which code ran.</summary>
    public long CodeSessions => Math.Max(_events.Code, _whole.Code);

    /// <summary>Gets the number of pages that were fetched.</summary>
    public long WebFetches => Math.Max(_events.Fetch, _whole.Fetch);

    /// <summary>Gets the number of images.</summary>
    public long Images => Math.Max(_events.Image, _whole.Image);

    /// <summary>Gets or sets a value indicating whether the answer cites what a search found.</summary>
    public bool IsGrounded { get; set; }

    /// <summary>An event, or the whole answer, begins.</summary>
    public void BeginEvent() => (_event, _containers) = (default, null);

    /// <summary>An item begins.</summary>
    public void BeginItem() => (_kind, _isNoSearch, _container) = (Kind.Other, false, null);

    /// <summary>Something is said about the item.</summary>
    public void SetItem(Field field, ReadOnlySpan<byte> text)
    {
        switch (field)
        {
            case Field.ItemType:
                _kind = KindOf(text);
                break;
            case Field.ItemAction:
                // Opening a page that was found, and looking into it, is no search of its own.
                _isNoSearch = !text.SequenceEqual("search"u8);
                break;
            case Field.ItemResult:
                // A search that failed is not billed.
                _isNoSearch |= text.SequenceEqual("web_search_tool_result_error"u8);
                break;
            case Field.ItemContainer:
                _container = Encoding.UTF8.GetString(text[..Math.Min(text.Length, WireText.LongestText)]);
                break;
        }
    }

    /// <summary>The item ends.</summary>
    public void EndItem(WireEvent type)
    {
        switch (_kind)
        {
            case Kind.WebSearch when !_isNoSearch:
                _event.Web++;
                break;
            case Kind.WebFetch:
                _event.Fetch++;
                break;
            case Kind.FileSearch:
                _event.File++;
                break;
            case Kind.Image:
                _event.Image++;
                break;
            case Kind.Shell when _container is null:
                // A shell of the caller's own.
                break;
            case Kind.Code or Kind.Shell:
                _event.Code += _container is null || (type == WireEvent.ItemEnded ? _eventContainers ??= [] : _containers ??= []).Add(_container) ? 1 : 0;
                break;
        }
    }

    /// <summary>A query that a search was made with.</summary>
    public void AddQuery() => _event.Web++;

    /// <summary>The event ends.</summary>
    /// <returns>1 if it told of a tool, else 0.</returns>
    public int EndEvent(WireEvent type)
    {
        switch (type)
        {
            case WireEvent.ItemBegan:
                break;
            case WireEvent.ItemEnded:
                _events = new Counts(_events.Web + _event.Web, _events.Fetch + _event.Fetch, _events.File + _event.File, _events.Code + _event.Code, _events.Image + _event.Image);
                break;
            default:
                _whole = new Counts(
                    Math.Max(_whole.Web, _event.Web),
                    Math.Max(_whole.Fetch, _event.Fetch),
                    Math.Max(_whole.File, _event.File),
                    Math.Max(_whole.Code, _event.Code),
                    Math.Max(_whole.Image, _event.Image));
                break;
        }

        return _event == default ? 0 : 1;
    }

    private static Kind KindOf(ReadOnlySpan<byte> type) => type switch
    {
        _ when type.SequenceEqual("web_search_call"u8) || type.SequenceEqual("x_search_call"u8) || type.SequenceEqual("web_search_tool_result"u8) || type.SequenceEqual("search"u8) => Kind.WebSearch,
        _ when type.SequenceEqual("web_fetch_tool_result"u8) => Kind.WebFetch,
        _ when type.SequenceEqual("file_search_call"u8) => Kind.FileSearch,
        _ when type.SequenceEqual("code_interpreter_call"u8) || type.EndsWith("code_execution_tool_result"u8) || type.SequenceEqual("python"u8) => Kind.Code,
        _ when type.SequenceEqual("shell_call"u8) => Kind.Shell,
        _ when type.SequenceEqual("image_generation_call"u8) => Kind.Image,
        _ => Kind.Other,
    };

    private record struct Counts(int Web, int Fetch, int File, int Code, int Image);
}
