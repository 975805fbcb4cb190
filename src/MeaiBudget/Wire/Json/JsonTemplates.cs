namespace MeaiBudget;

/// <summary>The shapes of the latest documents of one kind. Most processes send requests of a few shapes, and get answers of a few.</summary>
/// <remarks>Thread-safe. A document of a new shape costs its template; the longer new ones keep coming, the more seldom one of them becomes a template.</remarks>
internal sealed class JsonTemplates
{
    private const int Kept = 4;
    private const int LongestInterval = 1024;

    private readonly JsonTemplate?[] _templates = new JsonTemplate?[Kept];
    private int _latest;
    private int _next;
    private int _adopted;
    private int _wait;

    /// <summary>Compares a whole document with the templates.</summary>
    /// <param name="bytes">The document.</param>
    /// <param name="visitor">Is told what the document says, if its shape is known; else nothing.</param>
    /// <returns><see langword="false"/> if the document must be scanned.</returns>
    public bool TryRead(ReadOnlySpan<byte> bytes, JsonVisitor visitor)
    {
        int latest = Volatile.Read(ref _latest);
        for (int count = 0; count < Kept; count++)
        {
            int index = (latest + count) % Kept;
            if (Volatile.Read(ref _templates[index]) is { } template && template.TryRead(bytes, visitor))
            {
                _latest = index;
                return true;
            }
        }

        return false;
    }

    /// <summary>Gives a template to be filled by the scan of a document that has none; <see langword="null"/> if it is to have none.</summary>
    public JsonTemplate? Begin()
    {
        // Threads that count at once make a template more or less.
        if (--_wait > 0)
        {
            return null;
        }

        _wait = _adopted < Kept ? 1 : Math.Min(LongestInterval, 1 << Math.Min(10, _adopted - Kept + 1));
        _adopted++;
        return new JsonTemplate();
    }

    /// <summary>Keeps a template after the scan of its document.</summary>
    /// <param name="template">The template.</param>
    /// <param name="bytes">The document.</param>
    public void Adopt(JsonTemplate template, ReadOnlySpan<byte> bytes)
    {
        if (template.TryComplete(bytes))
        {
            int next = _next;
            next = next == _latest && _adopted > Kept ? (next + 1) % Kept : next;
            _next = (next + 1) % Kept;
            Volatile.Write(ref _templates[next], template);
        }
    }
}
