namespace MeaiBudget;

/// <summary>The shape of a document that was scanned: what stands between its values, and what its visitor was told. A document of the same shape is compared instead of scanned.</summary>
/// <remarks>
/// Names and punctuation must be equal, byte by byte; every string and number may differ, and none of them is kept. So the visitor is told
/// exactly what a scanner would tell it. It is filled by one thread, and immutable after <see cref="TryComplete"/>.
/// </remarks>
internal sealed class JsonTemplate
{
    private const int LongestLiteral = 4096;
    private const int LongestNumber = 64;
    private const int MostHoles = 48;
    private const int MostNotes = 160;

    private readonly List<Hole> _filling = new(16);
    private readonly List<Note> _noting = new(48);
    private Hole[] _holes = [];
    private Note[] _notes = [];
    private byte[] _literals = [];
    private bool _isSpoiled;

    private enum Kind
    {
        Object,
        ObjectEnd,
        Array,
        Name,
        String,
        Number,
        Literal,
    }

    /// <summary>Says that the document cannot be a template.</summary>
    public void Spoil() => _isSpoiled = true;

    /// <summary>Notes a value that the next document may change.</summary>
    /// <param name="shape">Its place.</param>
    /// <param name="start">Where it begins in the bytes; negative if it began before them.</param>
    /// <param name="end">Where it ended: the place of the closing quote, or behind the last digit.</param>
    /// <param name="isString">Whether it is a string; else a number.</param>
    public void AddValue(JsonShape shape, int start, int end, bool isString)
    {
        if (start < 0 || _filling.Count == MostHoles)
        {
            _isSpoiled = true;
            return;
        }

        _filling.Add(new Hole(start, end, isString, isString && shape.IsCaptured));
        if (shape.Field != 0)
        {
            Add(new Note(isString ? Kind.String : Kind.Number, shape, _filling.Count - 1));
        }
    }

    /// <summary>Notes that a visitor is told of an object.</summary>
    /// <param name="shape">Its place.</param>
    /// <param name="depth">Its depth.</param>
    public void AddObject(JsonShape shape, int depth)
    {
        // An object that is handed over as it was written is a report of an error.
        _isSpoiled |= shape.IsRaw;
        Add(new Note(Kind.Object, shape, depth));
    }

    /// <summary>Notes that a visitor is told of an object's end.</summary>
    /// <param name="shape">Its place.</param>
    public void AddObjectEnd(JsonShape shape) => Add(new Note(Kind.ObjectEnd, shape, 0));

    /// <summary>Notes that a visitor is told of an array.</summary>
    /// <param name="shape">Its place.</param>
    public void AddArray(JsonShape shape) => Add(new Note(Kind.Array, shape, 0));

    /// <summary>Notes that a visitor is told of a name.</summary>
    /// <param name="shape">The place of its value.</param>
    /// <param name="length">The name's length.</param>
    public void AddName(JsonShape shape, long length)
    {
        // Names that are read or written by a model are content, which is not kept.
        _isSpoiled |= ReferenceEquals(shape.Other, shape);
        Add(new Note(Kind.Name, shape, (int)length));
    }

    /// <summary>Notes that a visitor is told of a word that is no value of its own.</summary>
    /// <param name="shape">Its place.</param>
    /// <param name="value">The value.</param>
    public void AddLiteral(JsonShape shape, bool? value) => Add(new Note(Kind.Literal, shape, value is null ? -1 : value.Value ? 1 : 0));

    /// <summary>Makes a template of what was noted.</summary>
    /// <param name="bytes">The document, in which the noted places are.</param>
    /// <returns><see langword="false"/> if the document cannot be one.</returns>
    public bool TryComplete(ReadOnlySpan<byte> bytes)
    {
        int values = _filling.Sum(static hole => hole.End - hole.Start);
        if (_isSpoiled || _filling.Count == 0 || bytes.Length - values > LongestLiteral)
        {
            return false;
        }

        byte[] literals = new byte[bytes.Length - values];
        var holes = new Hole[_filling.Count];
        int at = 0;
        int length = 0;
        for (int index = 0; index < holes.Length; index++)
        {
            Hole hole = _filling[index];
            bytes[at..hole.Start].CopyTo(literals.AsSpan(length));
            holes[index] = hole with { Start = length, End = length += hole.Start - at };
            at = hole.End;
        }

        bytes[at..].CopyTo(literals.AsSpan(length));
        (_literals, _holes, _notes) = (literals, holes, [.. _noting]);
        _filling.Clear();
        _noting.Clear();
        return true;
    }

    /// <summary>Compares a document with the template, and tells a visitor what a scanner would tell it.</summary>
    /// <param name="bytes">The whole document.</param>
    /// <param name="visitor">Is told nothing if the document has another shape.</param>
    /// <returns><see langword="false"/> if the document must be scanned.</returns>
    public bool TryRead(ReadOnlySpan<byte> bytes, JsonVisitor visitor)
    {
        ReadOnlySpan<Hole> holes = _holes;
        ReadOnlySpan<byte> literals = _literals;
        Span<Value> values = stackalloc Value[MostHoles];
        int at = 0;
        int behind = 0;
        for (int index = 0; index < holes.Length; index++)
        {
            ref readonly Hole hole = ref holes[index];
            if (!bytes[at..].StartsWith(literals[hole.Start..hole.End]))
            {
                return false;
            }

            int start = at + hole.End - hole.Start;
            behind = hole.End;
            long length = 0;
            at = hole.IsString ? JsonText.FindStringEnd(bytes, start, out length) : JsonNumber.FindEnd(bytes, start);

            // A text with escapes would have to be decoded where it is handed over.
            if (at < 0 || (hole.IsString ? hole.IsCaptured && length != at - start : at - start >= LongestNumber))
            {
                return false;
            }

            values[index] = new Value(start, at, length);
        }

        if (!bytes[at..].SequenceEqual(literals[behind..]))
        {
            return false;
        }

        foreach (ref readonly Note note in _notes.AsSpan())
        {
            Tell(note, bytes, values, visitor);
        }

        return true;
    }

    private static void Tell(in Note note, ReadOnlySpan<byte> bytes, ReadOnlySpan<Value> values, JsonVisitor visitor)
    {
        JsonShape shape = note.Shape;
        switch (note.Kind)
        {
            case Kind.String:
                Value text = values[note.Number];
                visitor.OnString(shape, shape.IsCaptured ? bytes[text.Start..text.End] : default, text.Length);
                break;
            case Kind.Number:
                Value number = values[note.Number];
                visitor.OnNumber(shape, bytes[number.Start..number.End]);
                break;
            case Kind.Name:
                visitor.OnName(shape, note.Number);
                break;
            case Kind.Object:
                visitor.OnObject(shape, note.Number);
                break;
            case Kind.ObjectEnd:
                visitor.OnObjectEnd(shape, default);
                break;
            case Kind.Array:
                visitor.OnArray(shape);
                break;
            case Kind.Literal:
                visitor.OnLiteral(shape, note.Number < 0 ? null : note.Number > 0);
                break;
        }
    }

    private void Add(in Note note)
    {
        if (_noting.Count == MostNotes)
        {
            _isSpoiled = true;
            return;
        }

        _noting.Add(note);
    }

    /// <summary>A value; in the template, the literal in front of it.</summary>
    private readonly record struct Hole(int Start, int End, bool IsString, bool IsCaptured);

    private readonly record struct Value(int Start, int End, long Length);

    private readonly record struct Note(Kind Kind, JsonShape Shape, int Number);
}
