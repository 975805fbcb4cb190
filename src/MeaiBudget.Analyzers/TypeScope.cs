using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace MeaiBudget.Analyzers;

/// <summary>The code of one type: all its bodies and initializers, and where its variables get their values and are used.</summary>
internal sealed class TypeScope
{
    private static readonly IReadOnlyList<IOperation> None = [];

    private readonly Dictionary<ISymbol, List<IOperation>> _values = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<ISymbol, List<IOperation>> _references = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<ISymbol, List<IOperation>> _returns = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<ISymbol, List<IOperation>> _calls = new(SymbolEqualityComparer.Default);

    public TypeScope(KnownTypes types, IEnumerable<(ISymbol Owner, IOperation Block)> blocks)
    {
        Types = types;
        foreach ((ISymbol owner, IOperation block) in blocks.OrderBy(static one => one.Block.Syntax.SyntaxTree.FilePath).ThenBy(static one => one.Block.Syntax.SpanStart))
        {
            foreach (IOperation operation in block.DescendantsAndSelf())
            {
                Operations.Add(operation);
                Read(owner, operation);
            }
        }
    }

    public KnownTypes Types { get; }

    /// <summary>All operations of the type, block by block.</summary>
    public List<IOperation> Operations { get; } = [];

    /// <summary>The values that a local, a field, a property or a parameter of this type gets in this type.</summary>
    public IReadOnlyList<IOperation> ValuesOf(ISymbol symbol) => _values.TryGetValue(symbol, out List<IOperation>? values) ? values : None;

    /// <summary>The reads of a local, a field or a property.</summary>
    public IReadOnlyList<IOperation> ReferencesOf(ISymbol symbol) => _references.TryGetValue(symbol.OriginalDefinition, out List<IOperation>? references) ? references : None;

    /// <summary>The values that a method or a property of this type returns.</summary>
    public IReadOnlyList<IOperation> ReturnsOf(ISymbol method) => _returns.TryGetValue(method.OriginalDefinition, out List<IOperation>? returns) ? returns : None;

    /// <summary>The calls of a method of this type, within the type, and where it is passed on as a delegate.</summary>
    public IReadOnlyList<IOperation> CallsOf(ISymbol method) => _calls.TryGetValue(method.OriginalDefinition, out List<IOperation>? calls) ? calls : None;

    /// <summary>True if another value is always written to a local between a write and a read of it.</summary>
    public bool IsReplaced(ISymbol local, IOperation write, IOperation read) => ValuesOf(local).Any(value =>
        value.Parent is ISimpleAssignmentOperation { Parent: IExpressionStatementOperation { Parent: IBlockOperation block } } other
        && other.Syntax.SpanStart > write.Syntax.SpanStart
        && other.Syntax.Span.End <= read.Syntax.SpanStart
        && IsWithin(read, block));

    private static bool IsWithin(IOperation operation, IOperation outer)
    {
        IOperation? current = operation;
        while (current is not null && !ReferenceEquals(current, outer))
        {
            current = current.Parent;
        }

        return current is not null;
    }

    /// <summary>The local, field, property or parameter that an operation reads; null for any other operation.</summary>
    public static ISymbol? VariableOf(IOperation operation) => operation switch
    {
        ILocalReferenceOperation local => local.Local,
        IFieldReferenceOperation field => field.Field,
        IPropertyReferenceOperation property when property.Arguments.IsEmpty => property.Property,
        IParameterReferenceOperation parameter => parameter.Parameter,
        _ => null,
    };

    /// <summary>Strips conversions, awaits and the like, which do not change the value.</summary>
    public static IOperation Strip(IOperation operation)
    {
        while (true)
        {
            switch (operation)
            {
                case IConversionOperation conversion:
                    operation = conversion.Operand;
                    break;
                case IParenthesizedOperation parenthesized:
                    operation = parenthesized.Operand;
                    break;
                case IAwaitOperation awaited:
                    operation = awaited.Operation;
                    break;
                case IDelegateCreationOperation delegated:
                    operation = delegated.Target;
                    break;
                case IConditionalAccessInstanceOperation instance when AccessOf(instance) is { } access:
                    operation = access.Operation;
                    break;
                default:
                    return operation;
            }
        }
    }

    /// <summary>The conditional access, <c>a?.B()</c>, of which an operation stands for the value.</summary>
    private static IConditionalAccessOperation? AccessOf(IConditionalAccessInstanceOperation instance)
    {
        IOperation child = instance;
        while (child.Parent is { } parent)
        {
            if (parent is IConditionalAccessOperation access && ReferenceEquals(access.WhenNotNull, child))
            {
                return access;
            }

            child = parent;
        }

        return null;
    }

    /// <summary>The values that a lambda returns.</summary>
    public static IEnumerable<IOperation> ReturnsOf(IAnonymousFunctionOperation lambda) => lambda.Body.Descendants()
        .OfType<IReturnOperation>()
        .Where(returned => returned.ReturnedValue is not null && FunctionOf(returned) == lambda)
        .Select(static returned => returned.ReturnedValue!);

    /// <summary>The lambda or local function that an operation is in; null if it is in neither.</summary>
    public static IOperation? FunctionOf(IOperation operation)
    {
        IOperation? current = operation.Parent;
        while (current is not null and not IAnonymousFunctionOperation and not ILocalFunctionOperation)
        {
            current = current.Parent;
        }

        return current;
    }

    private void Read(ISymbol owner, IOperation operation)
    {
        switch (operation)
        {
            case IVariableDeclaratorOperation { Symbol: { } local } declarator when declarator.GetVariableInitializer() is { Value: { } value }:
                Add(_values, local, value);
                break;
            case IFieldInitializerOperation initializer:
                foreach (IFieldSymbol field in initializer.InitializedFields)
                {
                    Add(_values, field, initializer.Value);
                }

                break;
            case IPropertyInitializerOperation initializer:
                foreach (IPropertySymbol property in initializer.InitializedProperties)
                {
                    Add(_values, property, initializer.Value);
                }

                break;
            case IAssignmentOperation { Target: { } target } assignment when VariableOf(target) is { } variable:
                Add(_values, variable, assignment.Value);
                break;
            case IReturnOperation { ReturnedValue: { } returned }:
                switch (FunctionOf(operation))
                {
                    case null:
                        ISymbol method = owner is IMethodSymbol { AssociatedSymbol: { } associated } ? associated : owner;
                        Add(_returns, method.OriginalDefinition, returned);
                        break;
                    case ILocalFunctionOperation function:
                        Add(_returns, function.Symbol.OriginalDefinition, returned);
                        break;
                }

                break;
            case IInvocationOperation invocation:
                Add(_calls, invocation.TargetMethod.OriginalDefinition, invocation);
                break;
            case IMethodReferenceOperation reference:
                Add(_calls, reference.Method.OriginalDefinition, reference);
                break;
        }

        if (VariableOf(operation) is { } read && !(operation.Parent is IAssignmentOperation { Target: { } written } && ReferenceEquals(written, operation)))
        {
            Add(_references, read.OriginalDefinition, operation);
        }
    }

    private static void Add(Dictionary<ISymbol, List<IOperation>> lists, ISymbol symbol, IOperation operation)
    {
        if (!lists.TryGetValue(symbol, out List<IOperation>? list))
        {
            lists[symbol] = list = [];
        }

        list.Add(operation);
    }
}
