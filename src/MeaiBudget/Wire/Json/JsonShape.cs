namespace MeaiBudget;

/// <summary>One place of a JSON document: which field it is, and which places its properties lead to. Built once from a table of paths; immutable afterwards.</summary>
/// <remarks>
/// Arrays are transparent: the elements of an array are at the array's own place, so <c>choices.delta.content</c> means the same
/// whether <c>choices</c> is an array or an object. A name that a table does not list leads to <see cref="Other"/>.
/// </remarks>
internal sealed class JsonShape
{
    /// <summary>A place whose values and descendants mean nothing.</summary>
    public static readonly JsonShape Ignored = new();

    private Entry?[] _buckets = [null];
    private int _count;

    private JsonShape() => Other = this;

    /// <summary>Gets the field of this place; 0 if it is none.</summary>
    public int Field { get; private set; }

    /// <summary>Gets a value indicating whether the text of a string at this place is handed over, not only its length.</summary>
    public bool IsCaptured { get; private set; }

    /// <summary>Gets a value indicating whether a number at this place has a meaning, although only the length of a string there is reported.</summary>
    public bool IsNumeric { get; private set; }

    /// <summary>Gets a value indicating whether an object at this place is also handed over as it was written.</summary>
    public bool IsRaw { get; private set; }

    /// <summary>Gets the place of the properties that are not listed.</summary>
    public JsonShape Other { get; private set; }

    /// <summary>Builds the places of a table.</summary>
    /// <param name="measured">The fields of which only the length of a string matters.</param>
    /// <param name="raw">The fields whose objects are handed over as written.</param>
    /// <param name="paths">
    /// Paths of names separated by dots and their field. <c>a|b</c> stands for two spellings of a name, a last <c>**</c> for every
    /// name below that is not listed, at any depth.
    /// </param>
    /// <param name="numeric">The fields of which only numbers matter.</param>
    /// <returns>The place of the document itself.</returns>
    public static JsonShape Build<TField>(TField[] measured, TField[] raw, IEnumerable<(string Path, TField Field)> paths, params TField[] numeric)
        where TField : struct, Enum
    {
        HashSet<int> numbers = [.. numeric.Select(field => Convert.ToInt32(field, null))];
        HashSet<int> lengths = [.. measured.Select(field => Convert.ToInt32(field, null)), .. numbers];
        HashSet<int> wholes = [.. raw.Select(field => Convert.ToInt32(field, null))];
        JsonShape root = New();
        foreach ((string path, TField field) in paths)
        {
            List<JsonShape> places = [root];
            foreach (string segment in path.Length == 0 ? [] : path.Split('.'))
            {
                places = [.. places.SelectMany(place => segment == "**" ? [place.Everything()] : segment.Split('|').Select(place.Named))];
            }

            foreach (JsonShape place in places)
            {
                place.Field = Convert.ToInt32(field, null);
                place.IsCaptured = place.Field != 0 && !lengths.Contains(place.Field);
                place.IsNumeric = numbers.Contains(place.Field);
                place.IsRaw = wholes.Contains(place.Field);
            }
        }

        return root;
    }

    /// <summary>Gives the place of a property.</summary>
    /// <param name="name">The property's name without escapes.</param>
    /// <returns>The place; never null.</returns>
    public JsonShape Child(ReadOnlySpan<byte> name)
    {
        if (_count > 0)
        {
            for (Entry? entry = _buckets[Hash(name) & (_buckets.Length - 1)]; entry is not null; entry = entry.Next)
            {
                if (name.SequenceEqual(entry.Name))
                {
                    return entry.Place;
                }
            }
        }

        return Other;
    }

    private static JsonShape New() => new() { Other = Ignored };

    private static int Hash(ReadOnlySpan<byte> name) => name.IsEmpty ? 0 : (name.Length * 7) + name[0] + (name[^1] * 31) + (name[name.Length / 2] * 5);

    private JsonShape Everything()
    {
        if (ReferenceEquals(Other, Ignored))
        {
            Other = New();
            Other.Other = Other;
        }

        return Other;
    }

    private JsonShape Named(string name)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(name);
        JsonShape found = Child(bytes);
        if (!ReferenceEquals(found, Other))
        {
            return found;
        }

        JsonShape place = New();
        if (++_count * 2 > _buckets.Length)
        {
            Grow();
        }

        Add(bytes, place);
        return place;
    }

    private void Add(byte[] name, JsonShape place)
    {
        ref Entry? bucket = ref _buckets[Hash(name) & (_buckets.Length - 1)];
        bucket = new Entry(name, place) { Next = bucket };
    }

    /// <summary>Doubles the table. A table that was made anew for each name would make most of the work of the first call.</summary>
    private void Grow()
    {
        Entry?[] earlier = _buckets;
        _buckets = new Entry?[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(_count * 2))];
        foreach (Entry? bucket in earlier)
        {
            for (Entry? entry = bucket; entry is not null; entry = entry.Next)
            {
                Add(entry.Name, entry.Place);
            }
        }
    }

    private sealed class Entry(byte[] name, JsonShape place)
    {
        public byte[] Name { get; } = name;

        public JsonShape Place { get; } = place;

        public Entry? Next { get; init; }
    }
}
