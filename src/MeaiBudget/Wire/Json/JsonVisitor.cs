namespace MeaiBudget;

/// <summary>Receives what a <see cref="JsonScanner"/> finds at places that are fields.</summary>
internal abstract class JsonVisitor
{
    /// <summary>An object begins, at the document's own place or at a field.</summary>
    /// <param name="shape">Its place.</param>
    /// <param name="depth">The number of objects and arrays around it.</param>
    public virtual void OnObject(JsonShape shape, int depth)
    {
    }

    /// <summary>An object ended, at the document's own place or at a field.</summary>
    /// <param name="shape">Its place.</param>
    /// <param name="raw">The object as written, cut to some length, if the place asks for it; else empty.</param>
    public virtual void OnObjectEnd(JsonShape shape, ReadOnlySpan<byte> raw)
    {
    }

    /// <summary>An array begins at a field.</summary>
    /// <param name="shape">Its place.</param>
    public virtual void OnArray(JsonShape shape)
    {
    }

    /// <summary>A property's name that leads to a field.</summary>
    /// <param name="shape">The place of the property's value.</param>
    /// <param name="length">The name's length in UTF-8, without escapes.</param>
    public virtual void OnName(JsonShape shape, long length)
    {
    }

    /// <summary>A string at a field.</summary>
    /// <param name="shape">Its place.</param>
    /// <param name="text">The string without escapes where the place is captured, perhaps cut; else empty.</param>
    /// <param name="length">The string's length in UTF-8, without escapes.</param>
    public virtual void OnString(JsonShape shape, ReadOnlySpan<byte> text, long length)
    {
    }

    /// <summary>A number at a field.</summary>
    /// <param name="shape">Its place.</param>
    /// <param name="text">The number as written; empty if it is absurdly long.</param>
    public virtual void OnNumber(JsonShape shape, ReadOnlySpan<byte> text)
    {
    }

    /// <summary><c>true</c>, <c>false</c> or <c>null</c> at a field.</summary>
    /// <param name="shape">Its place.</param>
    /// <param name="value">The value.</param>
    public virtual void OnLiteral(JsonShape shape, bool? value)
    {
    }
}
