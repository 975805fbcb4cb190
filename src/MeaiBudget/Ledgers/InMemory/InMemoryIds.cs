namespace MeaiBudget;

/// <summary>Remembers the newest ids, so that repeating an operation changes nothing.</summary>
internal sealed class InMemoryIds
{
    private const int MostRemembered = 16_384;
    private readonly HashSet<Guid> _ids = [];
    private readonly Queue<Guid> _inOrder = new();

    /// <summary>True if an id is remembered.</summary>
    public bool Contains(Guid id) => _ids.Contains(id);

    /// <summary>Remembers an id. Returns false if it is known.</summary>
    public bool Add(Guid id)
    {
        if (!_ids.Add(id))
        {
            return false;
        }

        _inOrder.Enqueue(id);
        if (_inOrder.Count > MostRemembered)
        {
            _ids.Remove(_inOrder.Dequeue());
        }

        return true;
    }
}
