using System.Text;

namespace MeaiBudget;

/// <summary>
/// The index of a price file in this library's format that has one model on each line. A model is read when it is first found, so that
/// the first look-up of a process does not read all of them.
/// </summary>
internal sealed class PackedModels : ModelIndex
{
    private static readonly byte[] ListBegins = "\"models\": [\n"u8.ToArray();

    private readonly byte[] _file;

    // Where each line begins and, in the next element, how long it is; and of each id where it is, how long, and in which line. Plain
    // numbers, because lists of tuples take long to compile in a new process.
    private readonly int[] _lines;
    private readonly PricedModel?[] _models;

    // An open hash table of the ids: the index of an id plus one, and zero for an empty place.
    private readonly int[] _places;
    private readonly int[] _ids;
    private readonly Lazy<(string, int)[]> _listed;
    private readonly Lazy<Dictionary<string, List<int>>> _byNormalForm;

    private PackedModels(byte[] file, Numbers lines, Numbers ids)
    {
        _file = file;
        _lines = lines.Values;
        _ids = ids.Values;
        _models = new PricedModel?[lines.Count / 2];
        IdCount = ids.Count / 3;
        _places = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(IdCount * 2) + 1)];
        for (int i = 0; i < IdCount; i++)
        {
            int place = Hash(_file.AsSpan(_ids[3 * i], _ids[(3 * i) + 1])) & (_places.Length - 1);
            while (_places[place] != 0)
            {
                place = (place + 1) & (_places.Length - 1);
            }

            _places[place] = i + 1;
        }

        _listed = new(ListIds);
        _byNormalForm = new(GroupByNormalForm);
    }

    internal override IReadOnlyList<PricedModel> Models => field ??= [.. Enumerable.Range(0, _models.Length).Select(At)];

    internal override IReadOnlyList<(string Id, int Position)> Ids => _listed.Value;

    private int IdCount { get; }

    /// <summary>Gets the length of the part before the list of models, which has everything else.</summary>
    internal int HeaderLength { get; private init; }

    /// <summary>Indexes a file; returns null if it is not written in the expected way, one model on each line and all ids in ASCII without escapes.</summary>
    internal static PackedModels? TryIndex(byte[] file)
    {
        int begin = file.AsSpan().IndexOf(ListBegins);
        if (begin < 0)
        {
            return null;
        }

        var lines = new Numbers();
        var ids = new Numbers();
        int position = begin + ListBegins.Length;
        while (position < file.Length && file[position] == (byte)'{')
        {
            int end = file.AsSpan(position).IndexOf((byte)'\n');
            if (end < 0)
            {
                return null;
            }

            end += position;
            int length = (file[end - 1] == (byte)',' ? end - 1 : end) - position;
            if (!ReadIds(file, position, lines.Count / 2, ids))
            {
                return null;
            }

            lines.Add(position);
            lines.Add(length);
            position = end + 1;
        }

        return position < file.Length && file[position] == (byte)']' ? new PackedModels(file, lines, ids) { HeaderLength = begin } : null;
    }

    protected override string ComputeDigest() => Hashed(_file);

    internal override PricedModel At(int position)
    {
        if (Volatile.Read(ref _models[position]) is { } known)
        {
            return known;
        }

        PricedModel model = PackedModelReader.Read(_file.AsSpan(_lines[2 * position], _lines[(2 * position) + 1]));
        return Interlocked.CompareExchange(ref _models[position], model, null) ?? model;
    }

    internal override ReadOnlySpan<PricedModel> ById(string id)
    {
        List<PricedModel>? found = null;
        int place = Hash(id) & (_places.Length - 1);
        while (_places[place] != 0)
        {
            int entry = 3 * (_places[place] - 1);
            if (_ids[entry + 1] == id.Length && Ascii.EqualsIgnoreCase(_file.AsSpan(_ids[entry], id.Length), id))
            {
                PricedModel model = At(_ids[entry + 2]);
                found ??= [];
                if (!found.Exists(other => ReferenceEquals(other, model)))
                {
                    found.Add(model);
                }
            }

            place = (place + 1) & (_places.Length - 1);
        }

        if (found is null)
        {
            return [];
        }

        found.Reverse();
        return found.ToArray();
    }

    internal override ReadOnlySpan<PricedModel> ByNormalForm(string id) =>
        _byNormalForm.Value.TryGetValue(ModelIdForms.Normal(id), out List<int>? found) ? found.Select(At).ToArray() : [];

    private (string, int)[] ListIds()
    {
        var listed = new (string, int)[IdCount];
        for (int i = 0; i < listed.Length; i++)
        {
            listed[i] = (Encoding.ASCII.GetString(_file, _ids[3 * i], _ids[(3 * i) + 1]), _ids[(3 * i) + 2]);
        }

        return listed;
    }

    private Dictionary<string, List<int>> GroupByNormalForm()
    {
        var lines = new Dictionary<string, List<int>>(IdCount, StringComparer.Ordinal);
        foreach ((string id, int line) in _listed.Value)
        {
            string form = ModelIdForms.Normal(id);
            if (!lines.TryGetValue(form, out List<int>? listed))
            {
                lines.Add(form, listed = []);
            }

            if (listed.Count == 0 || listed[0] != line)
            {
                listed.Insert(0, line);
            }
        }

        return lines;
    }

    /// <summary>Reads <c>{"provider":"a","id":"b","aliases":["c"]</c> at the start of a line; returns false if it is written in another way.</summary>
    private static bool ReadIds(byte[] file, int position, int line, Numbers ids)
    {
        position++;
        if (Skips(file, ref position, "\"provider\":"u8) && (ReadText(file, ref position) < 0 || !Skips(file, ref position, ","u8)))
        {
            return false;
        }

        bool isList = false;
        if (!Skips(file, ref position, "\"id\":"u8))
        {
            return false;
        }

        do
        {
            int start = position + 1;
            int length = ReadText(file, ref position);
            if (length < 0)
            {
                return false;
            }

            ids.Add(start);
            ids.Add(length);
            ids.Add(line);
            if (!isList && Skips(file, ref position, ",\"aliases\":["u8))
            {
                isList = true;
                continue;
            }

            isList = isList && Skips(file, ref position, ","u8);
        }
        while (isList);

        return true;
    }

    private static bool Skips(byte[] file, ref int position, ReadOnlySpan<byte> text)
    {
        if (!file.AsSpan(position).StartsWith(text))
        {
            return false;
        }

        position += text.Length;
        return true;
    }

    /// <summary>Reads a text in quotation marks; returns its length, or -1 if it is no plain ASCII text.</summary>
    private static int ReadText(byte[] file, ref int position)
    {
        if (file[position] != (byte)'"')
        {
            return -1;
        }

        ReadOnlySpan<byte> rest = file.AsSpan(position + 1);
        int length = rest.IndexOf((byte)'"');
        if (length <= 0 || rest[..length].IndexOf((byte)'\\') >= 0 || !Ascii.IsValid(rest[..length]))
        {
            return -1;
        }

        position += length + 2;
        return length;
    }

    private static int Hash(ReadOnlySpan<byte> id)
    {
        uint hash = 2166136261;
        foreach (byte character in id)
        {
            hash = (hash ^ (uint)(character | 0x20)) * 16777619;
        }

        return (int)(hash ^ (hash >> 15));
    }

    private static int Hash(string id)
    {
        uint hash = 2166136261;
        foreach (char character in id)
        {
            hash = (hash ^ (uint)(character | 0x20)) * 16777619;
        }

        return (int)(hash ^ (hash >> 15));
    }

    /// <summary>A growing list of numbers.</summary>
    private sealed class Numbers
    {
        internal int[] Values { get; private set; } = new int[16_384];

        internal int Count { get; private set; }

        internal void Add(int number)
        {
            if (Count == Values.Length)
            {
                int[] longer = new int[Count * 2];
                Array.Copy(Values, longer, Count);
                Values = longer;
            }

            Values[Count++] = number;
        }
    }
}
